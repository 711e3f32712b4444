import SyncModel
import Yams

/// A catalogue as it was read, with its mistakes of form: what is right of it can still be checked
/// against Central, so that a person hears of every mistake at once.
///
/// What a mistake left out has a placeholder that makes no second mistake of the first.
public struct CatalogueDraft: Sendable {
    public var catalogue: Catalogue
    public var mistakes: [Mistake]

    public init(yaml: String, file: String) {
        var reader = YAMLReader(file: file)
        do {
            catalogue = reader.catalogue(try Yams.compose(yaml: yaml))
        } catch {
            catalogue = Catalogue(shapes: Shapes(dataSets: [], tables: []), tables: [], file: file)
            reader.report("This is not YAML: \(error)", at: nil)
        }
        mistakes = reader.mistakes
    }

    /// The catalogue, if it has no mistake of form; else throws one error that names them all.
    public func checked() throws -> Catalogue {
        try mistakes.thrown()
        return catalogue
    }
}
