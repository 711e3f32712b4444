import Crypto
import OneClickStore
import SyncModel
import SyncProtocol

/// The vault of every OneClick in a test.
public enum TestVault {
    static let privateKey = Curve25519.KeyAgreement.PrivateKey()
    public static let key = VaultKey(
        id: "vault", publicKey: Array(privateKey.publicKey.rawRepresentation).hexadecimal)
}

extension OneClickStore {
    /// A store in memory, or in a new file.
    static func test(
        at path: String?, shapes: Shapes, limits: [TableName: RemovalLimits]
    ) throws -> OneClickStore {
        guard let path else {
            return try inMemory(shapes: shapes, vault: TestVault.key, limits: limits)
        }
        try migrate(path: path, shapes: shapes)
        try setVaultKey(TestVault.key, path: path, by: "test", now: Practice.midnight)
        return try OneClickStore(path: path, shapes: shapes, limits: limits)
    }
}
