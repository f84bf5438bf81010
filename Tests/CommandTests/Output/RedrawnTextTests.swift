import MigrationTestSupport
import Testing

@testable import ferrite_migrate

@Suite struct RedrawnTextTests {
    private let size = TerminalSize(columns: 20, rows: 6)

    private func screen(_ text: String, _ size: TerminalSize? = nil) -> [String] {
        let size = size ?? self.size
        // A terminal makes a carriage return of each newline.
        let screen = TerminalScreen(columns: size.columns, rows: size.rows, text.replacing("\n", with: "\r\n"))
        #expect(screen.unknown.isEmpty && screen.isCursorVisible)
        return screen.lines
    }

    @Test func aTextTakesThePlaceOfTheOneBefore() {
        var drawn = RedrawnText()
        var text = "$ watch\n"
        text += drawn.draw("one\ntwo\nthree\n", in: size)
        text += drawn.draw("uno\n\u{1B}[36mdue\u{1B}[0m\n", in: size)
        #expect(screen(text) == ["$ watch", "uno", "due"])
        text += drawn.draw("1\n2\n3\n4\n", in: size)
        #expect(screen(text) == ["$ watch", "1", "2", "3", "4"])
    }

    @Test func whatIsTooLongOrTooTallIsCut() {
        var drawn = RedrawnText()
        let tall = (1...9).map { "\u{1B}[31mrow \($0) that is longer than the terminal\u{1B}[0m\n" }.joined()
        var text = drawn.draw(tall, in: size, cuts: true)
        let first = screen(text)
        #expect(first.count == 5)
        #expect(first[0] == "row 1 that is longer" && first[4] == "… and 5 more lines")
        for _ in 0..<5 { text += drawn.draw(tall, in: size, cuts: true) }
        #expect(screen(text) == first)
        text += drawn.draw("end\n", in: size, isLast: true)
        #expect(screen(text) == ["end"])
    }

    @Test func whatIsNotCutGoesOnInTheNextLine() {
        var drawn = RedrawnText()
        var text = ""
        for _ in 0..<3 { text += drawn.draw("\u{1B}[2m12345678901234567890\u{1B}[0m12345\nend\n", in: size) }
        #expect(screen(text) == ["12345678901234567890", "12345", "end"])
        text += drawn.draw(String(repeating: "x", count: 300) + "\n", in: size)
        #expect(screen(text).count == 5 && screen(text).last == "… and 11 more lines")
    }

    @Test func theLastTextIsWhole() {
        var drawn = RedrawnText()
        var text = drawn.draw("short\n", in: size)
        text += drawn.draw("a line of 30 characters, really\n", in: size, isLast: true)
        #expect(screen(text) == ["a line of 30 charact", "ers, really"])
    }

    @Test func aResizedTerminalIsCleared() {
        var drawn = RedrawnText()
        let narrow = TerminalSize(columns: 10, rows: 4)
        var text = drawn.draw("one two three four\ntwo\n", in: size)
        text += drawn.draw("one two three four\ntwo\n", in: narrow)
        #expect(screen(text, narrow) == ["one two th", "ree four", "two"])
    }

    @Test func whatSomebodyElseWroteStays() {
        var drawn = RedrawnText()
        var text = drawn.draw("one\n", in: size) + "warning\n"
        drawn.restart()
        text += drawn.draw("two\n", in: size)
        text += drawn.draw("three\n", in: size)
        #expect(screen(text) == ["one", "warning", "three"])
    }

    @Test(arguments: [("abc", 3, "abc"), ("abcd", 3, "abc"), ("日本語", 5, "日本"), ("", 3, ""), ("a", 0, "")])
    func wideCharactersTakeTwoCells(text: String, columns: Int, clipped: String) {
        #expect(TerminalText.clipped(text, to: columns) == clipped)
    }
}
