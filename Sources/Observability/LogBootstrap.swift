import Logging
import Synchronization

/// Sends every log line of the process to standard error, from `level` upwards.
///
/// Standard output belongs to what a command answers. The first call decides; later ones change
/// nothing, since swift-log traps on a second bootstrap.
public func bootstrapLogging(level: Logger.Level = .info) {
    LogBootstrap.levelOfFirstCall.withLock { first in
        guard first == nil else { return }
        first = level
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }
}

private enum LogBootstrap {
    static let levelOfFirstCall = Mutex<Logger.Level?>(nil)
}
