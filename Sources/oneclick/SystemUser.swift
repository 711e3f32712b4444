import Foundation

/// Who gives a command, as OneClick's audit names them.
enum SystemUser {
    /// The operating system's name of the user; behind `sudo` the person's own before it.
    static func name() -> String {
        let user = ProcessInfo.processInfo.userName
        guard let person = ProcessInfo.processInfo.environment["SUDO_USER"], person != user,
            !person.isEmpty
        else { return user }
        return "\(person) (as \(user))"
    }
}
