import Foundation

/// A secret in a file of one line that only its owner may read.
enum SecretLine {
    struct Mistake: Error {
        /// What follows the file's name.
        var rest: String
    }

    static func read(_ path: String) throws(Mistake) -> String {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(filePath: path).resolvingSymlinksInPath().path)
        guard let mode = attributes?[.posixPermissions] as? NSNumber,
            let text = try? String(contentsOfFile: path, encoding: .utf8)
        else {
            throw Mistake(
                rest: ", which cannot be read; expected a file that this user may read.")
        }
        guard mode.intValue & 0o077 == 0 else {
            throw Mistake(
                rest: ", which others than its owner may read or write; run `chmod 600 \(path)`, "
                    + "and change the secret if somebody may have read it.")
        }
        // An editor ends the line.
        let secret = text.trimmingCharacters(in: .newlines)
        guard !secret.isEmpty, !secret.contains(where: \.isNewline) else {
            throw Mistake(rest: "; expected a file with one line, the secret.")
        }
        return secret
    }
}
