import Foundation
import Glibc

/// What is being measured now, on standard error when somebody looks at it.
enum Progress {
    static func show(_ text: String) {
        guard isatty(2) == 1 else { return }
        FileHandle.standardError.write(Data("\r\u{1b}[K\(text)".utf8))
    }

    static func clear() { show("") }
}
