import SyncModel
import Testing

@testable import SyncProtocol

@Suite("What a frame may unfold to")
struct FrameLimitTests {
    @Test("Much of nothing is refused before room is made for it")
    func refusesBombs() {
        let bomb = Frame.seal(.batch, [UInt8](repeating: 0, count: 16 << 20))
        #expect(bomb.count < 16 << 10)
        let error = #expect(throws: SyncError.self) {
            _ = try Frame.open(.batch, bomb, contentBytesMax: 64 << 20)
        }
        #expect(error?.message.contains("unfolds to more than") == true)
    }

    @Test("A batch of ordinary size may be as regular as it likes")
    func acceptsRegularRows() throws {
        let rows = [UInt8](repeating: 0, count: Frame.unmeasuredBytesMax)
        #expect(try Frame.open(.batch, Frame.seal(.batch, rows), contentBytesMax: .max) == rows)
    }
}
