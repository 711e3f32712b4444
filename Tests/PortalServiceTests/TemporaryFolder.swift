import Foundation

/// A folder that goes with the test; its name is short, as a socket's path must be.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/sw-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("no temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}
