import Foundation
import SyncModel
import SyncProtocol
import Testing
import Vault

@Suite("The vault opens what was sealed to it, in its own place")
struct VaultTests {
    private let folder = FileManager.default.temporaryDirectory.appending(
        path: "vault-\(UInt64.random(in: 0 ... .max))")

    private func file() throws -> VaultFile {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return VaultFile(besides: folder.appending(path: "oneclick.db").path)
    }

    private let place = Sealing.Place(
        practice: PracticeID(rawValue: 7), table: TableName(rawValue: "hmrc_credentials"),
        key: Key(3),
        column: "access_token")

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was wrong"
        } catch {
            return "\(error)"
        }
    }

    @Test("It is made once, for its owner alone, and read again")
    func file() async throws {
        let file: VaultFile = try file()
        defer { try? FileManager.default.removeItem(at: folder) }
        try file.makeIfMissing()
        let sealed = try file.read().seal(Array("secret".utf8), at: place)
        try file.makeIfMissing()
        #expect(try file.read().open(sealed, at: place) == Array("secret".utf8))
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
    }

    enum Move: CaseIterable { case practice, table, key, column }

    @Test("A value that was moved does not open", arguments: Move.allCases)
    func moved(_ move: Move) throws {
        let file: VaultFile = try file()
        defer { try? FileManager.default.removeItem(at: folder) }
        try file.makeIfMissing()
        let vault = try file.read()
        let sealed = try vault.seal(Array("secret".utf8), at: place)
        var other = place
        switch move {
        case .practice: other.practice = PracticeID(rawValue: 8)
        case .table: other.table = TableName(rawValue: "clients")
        case .key: other.key = Key(4)
        case .column: other.column = "refresh_token"
        }
        let said = message { _ = try vault.open(sealed, at: other) }
        #expect(said.contains("sealed for another place"))
        #expect(!said.contains("secret"))
    }

    @Test("A damaged value does not open", arguments: [0, 31, 32, 40, -1])
    func damaged(_ index: Int) throws {
        let file: VaultFile = try file()
        defer { try? FileManager.default.removeItem(at: folder) }
        try file.makeIfMissing()
        let vault = try file.read()
        var sealed = try vault.seal(Array("secret".utf8), at: place)
        sealed.cipher[index < 0 ? sealed.cipher.count - 1 : index] ^= 1
        #expect(message { _ = try vault.open(sealed, at: place) }.contains("damaged"))
        sealed.cipher = Array(sealed.cipher.prefix(20))
        #expect(message { _ = try vault.open(sealed, at: place) }.contains("damaged"))
    }

    @Test("After a new key old values still open, and new ones are sealed to the new key")
    func rotates() throws {
        let file: VaultFile = try file()
        defer { try? FileManager.default.removeItem(at: folder) }
        try file.makeIfMissing()
        let before = try file.read()
        let old = try before.seal(Array("old".utf8), at: place)
        let vault = try file.rotate { _ in }
        #expect(vault.publicKey != before.publicKey)
        #expect(vault.keyNames == [vault.publicKey.id, before.publicKey.id])
        let read = try file.read()
        #expect(try read.open(old, at: place) == Array("old".utf8))
        let new = try read.seal(Array("old".utf8), at: place)
        #expect(new.vaultKey == vault.publicKey.id)
        #expect(new.fingerprint != old.fingerprint)
        let said = message { _ = try before.open(new, at: place) }
        #expect(said.contains("has no key \(new.vaultKey)"))
    }

    @Test("Of two that rotate at once neither makes a key known that is lost")
    func rotatesAtOnce() async throws {
        let file: VaultFile = try file()
        defer { try? FileManager.default.removeItem(at: folder) }
        try file.makeIfMissing()
        let known = try await withThrowingTaskGroup(of: [String].self) { tasks in
            for _ in 0..<4 {
                tasks.addTask {
                    var known: [String] = []
                    for _ in 0..<10 {
                        _ = try file.rotate { known.append($0.publicKey.id) }
                    }
                    return known
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
        #expect(known.count == 40)
        #expect(Set(known).isSubset(of: try file.read().keyNames))
    }

    @Test("Open rights, a missing file and a file without keys are refused with what to do")
    func badFiles() throws {
        let file: VaultFile = try file()
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(message { _ = try file.read() }.contains("is not there"))
        try file.makeIfMissing()
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
        #expect(message { _ = try file.read() }.contains("chmod 600"))
        try FileManager.default.removeItem(atPath: file.path)
        for text in ["", "xyz\n", String(repeating: "0", count: 62) + "\n"] {
            try Data(text.utf8).write(to: URL(filePath: file.path))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: file.path)
            #expect(message { _ = try file.read() }.contains("holds no keys"))
        }
    }

    @Test("It never shows a key")
    func silent() throws {
        let file: VaultFile = try file()
        defer { try? FileManager.default.removeItem(at: folder) }
        try file.makeIfMissing()
        var shown = ""
        dump(try file.read(), to: &shown)
        #expect(shown == "- Vault\n")
    }
}
