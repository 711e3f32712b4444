import SyncModel
import Testing
import WebSupport

struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("localhost:0", "localhost", 0, true),
        ("[::1]:65535", "::1", 65_535, true), ("0.0.0.0:443", "0.0.0.0", 443, false),
        ("[::]:443", "::", 443, false), ("srv.example:08443", "srv.example", 8443, false),
        ("127.0.0.1.example:80", "127.0.0.1.example", 80, false),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", 80, false),
    ])
    func `an address is a host and a port`(
        _ text: String, _ host: String, _ port: Int, _ isLoopback: Bool
    ) throws {
        let address = try ListenAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(arguments: [
        "", ":", ":8080", "8080", "localhost", "localhost:", "localhost:http", "localhost:65536",
        "localhost:-1", "localhost:+80", "localhost: 80", "localhost:8 0", "::1", "::1:8080",
        "[::1]", "[::1:80", "::1]:80", "[]:80", "[localhost]:80", "http://localhost:80", "a b:80",
        "localhost:99999999999999999999", "localhost:٨٠",
    ])
    func `anything else is refused with an example`(_ text: String) {
        let error = #expect(throws: SyncError.self) { try ListenAddress(text) }
        #expect(error?.hint.contains("127.0.0.1:8080") == true)
    }

    @Test func `an address is written as a client needs it`() throws {
        #expect(try ListenAddress("127.0.0.1:80").url == "http://127.0.0.1:80")
        #expect(try ListenAddress("[::1]:80").url(isSecure: true) == "https://[::1]:80")
        #expect(ListenAddress.anyLoopbackPort.with(port: 81).url == "http://127.0.0.1:81")
    }
}
