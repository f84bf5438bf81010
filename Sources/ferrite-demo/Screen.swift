import Foundation
import Glibc

/// What the demo shows: short lines of a name and a text, and one line of progress.
final class Screen {
    private let isTerminal = isatty(1) == 1
    private var lastPercent = -100.0

    func line(_ name: String, _ text: String) {
        let column = name.padding(toLength: 14, withPad: " ", startingAt: 0)
        write("  \(isTerminal ? "\u{1b}[1m\(column)\u{1b}[0m" : column)\(text)\n")
    }

    func heading(_ text: String) { write("\n\(isTerminal ? "\u{1b}[1m\(text)\u{1b}[0m" : text)\n") }

    /// One line that is written over on a terminal; elsewhere a line for each quarter.
    func progress(_ phase: String, percent: Double, keys: Int, total: Int, lag: Int) {
        let text =
            "\(Self.bar(percent)) \(Int(percent)) %  \(Text.count(keys)) of \(Text.count(total)) keys, lag \(lag)"
        if isTerminal {
            write("\r\u{1b}[K  \(phase.padding(toLength: 14, withPad: " ", startingAt: 0))\(text)")
        } else if percent >= lastPercent + 25 {
            lastPercent = percent
            line(phase, text)
        }
    }

    func endProgress() {
        if isTerminal { write("\r\u{1b}[K") }
    }

    private static func bar(_ percent: Double) -> String {
        let full = max(0, min(20, Int(percent / 5)))
        return String(repeating: "█", count: full) + String(repeating: "░", count: 20 - full)
    }

    private func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

/// Numbers for people.
enum Text {
    /// With thousands apart: `200,000`.
    static func count(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(abs(number)).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + String(text.reversed())
    }

    static func seconds(_ seconds: Double) -> String { String(format: "%.2f s", seconds) }
    static func milliseconds(_ milliseconds: Double) -> String { String(format: "%.1f ms", milliseconds) }
}
