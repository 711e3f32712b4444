import Testing
import WebSupport

struct PasswordHashTests {
    private static let salt = Array(UInt8(0)..<16)

    @Test(arguments: ["correct horse battery staple", "", "pass wörd 株式会社", "a\0b", "a "])
    func `a password matches its own hash, and its text form`(_ password: String) throws {
        let hash = try PasswordHash(of: password, salt: Self.salt, cost: 10)
        #expect(hash.matches(password))
        let read = try #require(PasswordHash(hash.text))
        #expect(read == hash)
        #expect(read.matches(password))
        for other in [password + " ", password.uppercased() + "!", "other"] {
            #expect(!read.matches(other))
        }
    }

    @Test func `the same password with another salt has another hash`() throws {
        let one = try PasswordHash(of: "password", salt: Self.salt, cost: 10)
        let other = try PasswordHash(of: "password", salt: Self.salt.reversed(), cost: 10)
        #expect(one != other)
    }

    /// The vectors of RFC 7914, section 12, in our text form.
    @Test(arguments: [
        (
            "",
            "$scrypt$ln=4,r=1,p=1$$d9ZXYjhleyA7GcpCwYoEl/FrSETjB0ro39/6P+3iFEL80Aad7QlI+DJqdToP"
                + "yB8X6NPg+y4NNijPNeIMONGJBg"
        ),
        (
            "password",
            "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKj"
                + "iG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA"
        ),
        (
            "pleaseletmein",
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRd"
                + "ofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"
        ),
    ])
    func `it is the scrypt of the standard`(_ password: String, _ text: String) throws {
        let hash = try #require(PasswordHash(text))
        #expect(hash.matches(password))
        #expect(!hash.matches(password + "x"))
        #expect(hash.text == text)
    }

    private static let good =
        "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$"
        + "AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8"

    @Test(arguments: [
        "", "$", "$$$$", "password", "$2b$10$abcdefghijklmnopqrstuv", "scrypt$ln=10,r=8,p=1$AA$AA",
        good.replacing("$scrypt", with: "$Scrypt"), good.replacing("ln=10", with: "ln=ten"),
        good.replacing("ln=10,", with: ""), good.replacing("r=8", with: "r"),
        good.replacing("p=1", with: "p=1=1"), good.replacing("$AAEC", with: "$A!EC"),
        good + "$", " " + good, good + "\n", good.replacing("=", with: ":"),
        // A short hash would be guessed.
        "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0O",
    ])
    func `a text that is none is refused`(_ text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test(arguments: [
        "ln=30,r=8,p=1", "ln=63,r=8,p=1", "ln=64,r=8,p=1", "ln=20,r=8,p=1", "ln=18,r=8,p=1",
        "ln=10,r=1048576,p=1", "ln=10,r=8,p=1000000", "ln=0,r=8,p=1", "ln=-1,r=8,p=1",
        "ln=10,r=0,p=1", "ln=10,r=8,p=0", "ln=10,r=-8,p=1",
        "ln=9223372036854775807,r=9223372036854775807,p=1", "ln=99999999999999999999,r=8,p=1",
    ])
    func `a cost that nobody should pay is refused before it is paid`(_ costs: String) {
        #expect(PasswordHash(Self.good) != nil)
        #expect(PasswordHash(Self.good.replacing("ln=10,r=8,p=1", with: costs)) == nil)
    }

    @Test func `checks answer for the right password only, and never for nobody`() async throws {
        let checks = PasswordChecks()
        let hash = try PasswordHash(of: "password", salt: Self.salt, cost: 10)
        #expect(await checks.matches("password", hash))
        #expect(await !checks.matches("passwort", hash))
        #expect(await !checks.matches("password", nil))
    }
}
