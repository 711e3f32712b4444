import Crypto
import CryptoExtras
import Foundation
import SQLDrivers
import SyncModel

/// A password as it is kept: scrypt (RFC 7914) with its salt and cost, written in the usual form
/// `$scrypt$ln=15,r=8,p=1$SALT$HASH` (base64 without padding).
public struct PasswordHash: Hashable, Sendable {
    /// The logarithm of the number of rounds.
    private var cost: Int
    private var blockSize: Int
    private var parallelism: Int
    private var salt: [UInt8]
    private var hash: [UInt8]

    /// 32 MiB of memory and about a tenth of a second for each guess.
    public static let standardCost = 15
    /// A hash that asks for more memory than this is not computed: 128 MiB.
    private static let bytesMax = 128 << 20

    /// - Parameters:
    ///   - salt: 16 random bytes.
    ///   - cost: 10 to 16; less than the standard is for tests.
    public init(
        of password: String, salt: [UInt8], cost: Int = PasswordHash.standardCost
    ) throws {
        self.cost = cost
        blockSize = 8
        parallelism = 1
        self.salt = salt
        hash = []
        hash = try derived(from: password, byteCount: 32)
    }

    /// Nil for anything that is not such a text, or asks for more memory than it may.
    public init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        var costs: [Substring: Int] = [:]
        for part in parts[2].split(separator: ",") {
            let pair = part.split(separator: "=")
            guard pair.count == 2, let value = Int(pair[1]) else { return nil }
            costs[pair[0]] = value
        }
        guard let cost = costs["ln"], let blockSize = costs["r"], let parallelism = costs["p"],
            (1...20).contains(cost), (1...64).contains(blockSize), (1...16).contains(parallelism),
            128 * blockSize << cost <= Self.bytesMax,
            let salt = Self.bytes(parts[3]), let hash = Self.bytes(parts[4]), hash.count >= 16
        else { return nil }
        (self.cost, self.blockSize, self.parallelism) = (cost, blockSize, parallelism)
        (self.salt, self.hash) = (salt, hash)
    }

    /// As it is kept.
    public var text: String {
        "$scrypt$ln=\(cost),r=\(blockSize),p=\(parallelism)$\(Self.text(salt))$\(Self.text(hash))"
    }

    /// Names this password of this user, and says nothing of it.
    public var credential: String { Array(SHA256.hash(data: Array(text.utf8))).hexadecimal }

    /// Takes as long for a wrong password as for the right one, and blocks its thread meanwhile.
    public func matches(_ password: String) -> Bool {
        guard let derived = try? derived(from: password, byteCount: hash.count) else {
            return false
        }
        return zip(derived, hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func derived(from password: String, byteCount: Int) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.utf8), salt: salt, outputByteCount: byteCount, rounds: 1 << cost,
            blockSize: blockSize, parallelism: parallelism)
        return key.withUnsafeBytes { Array($0) }
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(Data(bytes).base64EncodedString().prefix { $0 != "=" })
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
        return Data(base64Encoded: text + padding).map { Array($0) }
    }
}

/// Checks passwords one after the other, on a thread that nothing else waits for.
public actor PasswordChecks {
    private let queue = DispatchQueueExecutor(label: "syncworker.passwords")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        queue.asUnownedSerialExecutor()
    }

    /// Compared with where there is no such user: that takes as long as a wrong password.
    private let nobody: PasswordHash?

    public init() {
        nobody = PasswordHash(
            "$scrypt$ln=15,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA"
                + "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
    }

    /// - Parameter hash: nil where there is no such user.
    public func matches(_ password: String, _ hash: PasswordHash?) -> Bool {
        guard let hash else {
            _ = nobody?.matches(password)
            return false
        }
        return hash.matches(password)
    }
}
