import HTTPTypes
import Hummingbird
import NIOCore
import SyncModel
import Testing

@testable import WebSupport

struct FormTests {
    private func form(
        _ bytes: [UInt8], announced: String? = nil
    ) async throws -> Form {
        var headers: HTTPFields = [:]
        if let announced { headers[.contentLength] = announced }
        let request = Request(
            head: .init(
                method: .post, scheme: "http", authority: "localhost", path: "/",
                headerFields: headers), body: .init(buffer: ByteBuffer(bytes: bytes)))
        return try await Form(request)
    }

    private func form(_ text: String) async throws -> Form { try await form(Array(text.utf8)) }

    @Test(arguments: [
        ("a=b", "b"), ("a=x+y", "x y"), ("a=x%20y", "x y"), ("a=1%2B1", "1+1"), ("a=b=c", "b=c"),
        ("a=%26%3d%25", "&=%"), ("a=caf%C3%A9", "café"), ("%61=b", "b"), ("x=1&a=2&y=3", "2"),
        ("a=%F0%9F%98%80", "😀"), ("a=++b%09", "b"), ("a=1&a=2", "1"), ("&&a=b&&", "b"),
        ("a=%0d%0a x", "x"), ("=z&a=b", "b"),
    ])
    func `a field is read`(_ text: String, _ value: String) async throws {
        #expect(try await form(text)["a"] == value)
        #expect(Form(query: text)["a"] == value)
    }

    @Test(arguments: [
        "", "a", "a=", "a=+", "b=a", "A=1", "a=%", "a=%4", "a=%zz", "a=%FF", "a=%C3", "a=%ED%A0%80",
        "%FF=a", "a%00=b", "=a", "&", "=",
    ])
    func `what is missing, empty or no text is nothing`(_ text: String) async throws {
        #expect(try await form(text)["a"] == nil)
        #expect(Form(query: text)["a"] == nil)
    }

    @Test func `repeated fields are all there, in their order and as they were sent`() async throws
    {
        let form = try await form("key=1&other=x&key=+2+&key=&key")
        #expect(form.all("key") == ["1", " 2 ", "", ""])
        #expect(form.all("nothing") == [])
    }

    @Test func `bytes that are no text spoil no other field`() async throws {
        let form = try await form([0xff, 0xfe] + Array("=x&a=b&c=".utf8) + [0xc3])
        #expect(form["a"] == "b")
    }

    @Test func `a query that is not there has no fields`() {
        #expect(Form(query: nil)["a"] == nil)
    }

    @Test(arguments: [nil, "262144", "nonsense", "-1"])
    func `a form of the largest size is read`(_ announced: String?) async throws {
        let bytes = Array("a=".utf8) + Array(repeating: UInt8(ascii: "x"), count: (256 << 10) - 2)
        #expect(try await form(bytes, announced: announced)["a"]?.count == (256 << 10) - 2)
    }

    @Test(arguments: [nil, "1", "262145", "99999999999999999999"])
    func `a larger one is refused, announced or not`(_ announced: String?) async throws {
        let bytes = Array("a=".utf8) + Array(repeating: UInt8(ascii: "x"), count: 256 << 10)
        let error = await #expect(throws: SyncError.self) {
            try await form(bytes, announced: announced)
        }
        #expect(error?.code == "too_large")
    }

    @Test func `one that announces too much is refused unread`() async throws {
        let error = await #expect(throws: SyncError.self) {
            try await form(Array("a=b".utf8), announced: "1000000")
        }
        #expect(error?.code == "too_large")
    }
}
