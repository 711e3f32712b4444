import Mustache
import SyncModel

/// The embedded templates. What a template names has to be in its model: a missing name would show
/// nothing, so that a test compares the two.
public struct Templates: Sendable {
    private let library: MustacheLibrary

    public init() throws {
        var library = MustacheLibrary()
        for (name, text) in Self.texts { try library.register(text, named: name) }
        self.library = library
    }

    /// Every template by its name.
    public static let texts: [String: String] = Dictionary(
        uniqueKeysWithValues: WebFiles.all.compactMap { name, bytes in
            guard name.hasSuffix(".mustache") else { return nil }
            return (
                String(name.dropLast(".mustache".count)), String(decoding: bytes, as: UTF8.self)
            )
        })

    /// Renders a value's properties into a template.
    public func render(_ name: String, _ model: some Sendable) throws -> String {
        guard let text = library.render(model, withTemplate: name) else {
            throw SyncError(
                "template", "There is no page \(name) in this release.",
                hint: "Install the release again.")
        }
        return text
    }
}
