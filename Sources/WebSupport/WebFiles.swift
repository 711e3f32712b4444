import Crypto
import HTTPTypes
import Hummingbird
import NIOCore
import SyncModel
import WebResource

/// The files that are part of the binary: style, script, icons, templates.
public enum WebFiles {
    /// By name, such as `console.css`.
    public static let all: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        for index in 0..<web_file_count() {
            let file = web_file(index)
            let bytes = UnsafeBufferPointer(start: file.start, count: file.length)
            files[String(cString: file.name)] = Array(bytes)
        }
        return files
    }()

    /// Of all files together: another release has another path for each of them.
    public static let version = String(
        Array(
            SHA256.hash(
                data: all.sorted { $0.key < $1.key }.flatMap { Array($0.key.utf8) + $0.value })
        ).hexadecimal.prefix(16))

    /// Where browsers find them.
    public static let path = "/files/\(version)"

    private static let types = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml", "yaml": "application/yaml",
    ]

    /// Serves what browsers ask for; templates are not among it.
    public static func addRoutes(to router: Router<some RequestContext>) {
        router.get("files/:version/:name") { _, context in
            let name = context.parameters.get("name") ?? ""
            guard context.parameters.get("version") == version, let bytes = all[name],
                let type = types[name.split(separator: ".").last.map(String.init) ?? ""]
            else { throw HTTPError(.notFound) }
            return Response(
                status: .ok,
                headers: [
                    .contentType: type, .cacheControl: "public, max-age=31536000, immutable",
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
    }
}
