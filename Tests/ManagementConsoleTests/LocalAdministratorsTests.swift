import Foundation
import SyncModel
import SyncTesting
import Testing
import WebSupport

@testable import ManagementConsole

@Suite(.serialized)
struct LocalAdministratorsTests {
    let folder: TestFolder
    let administrators: LocalAdministrators
    var path: String { folder.path(of: "administrators") }

    init() throws {
        folder = try TestFolder()
        administrators = LocalAdministrators(path: folder.path(of: "administrators"))
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, 0o600)
    }

    @Test func `without a file there is nobody`() async throws {
        #expect(try await administrators.directory.byLogin("support") == nil)
        #expect(try !administrators.remove("support"))
    }

    @Test func `names are added, given another password, and removed`() async throws {
        let other = try PasswordHash(of: "other", salt: Array(0..<16), cost: 10)
        try administrators.set("support", TestCentral.passwordHash)
        try administrators.set("Ann-Lee_2.x", TestCentral.passwordHash)
        try administrators.set("SUPPORT", other)
        let user = try #require(try await administrators.directory.byLogin("support"))
        #expect(user.password == other)
        #expect(user.id == "local:SUPPORT" && user.isPermitted)
        #expect(try await administrators.directory.byID("support")?.name == "SUPPORT")
        #expect(try administrators.remove("Support"))
        #expect(try await administrators.directory.byLogin("support") == nil)
        #expect(try await administrators.directory.byLogin("ann-lee_2.x") != nil)
    }

    @Test func `only its owner may read the file`() throws {
        try administrators.set("support", TestCentral.passwordHash)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test(arguments: [
        "", " ", "a b", "a:b", "a\nb", "a/b", "<b>", String(repeating: "a", count: 41), "a\0",
    ])
    func `what is no name is refused`(_ name: String) throws {
        #expect(throws: SyncError.self) { try administrators.set(name, TestCentral.passwordHash) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: [UInt32(0o644), 0o640, 0o604, 0o620, 0o602, 0o666])
    func `a file that others may read or change lets nobody in`(_ mode: UInt32) async throws {
        try administrators.set("support", TestCentral.passwordHash)
        chmod(path, mode)
        let error = await #expect(throws: SyncError.self) {
            try await administrators.directory.byLogin("support")
        }
        #expect(error?.hint.contains("chmod 600") == true)
    }

    @Test(arguments: ["support", "support:", "support:password", ":$scrypt$", "# a comment"])
    func `a line that is none is named`(_ line: String) async throws {
        try write("first:\(TestCentral.passwordHash.text)\n\n\(line)\n")
        let error = await #expect(throws: SyncError.self) {
            try await administrators.directory.byLogin("first")
        }
        #expect(error?.message.contains("is not NAME:HASH") == true)
        #expect(error?.message.hasPrefix("Line 3 of ") == true)
    }
}
