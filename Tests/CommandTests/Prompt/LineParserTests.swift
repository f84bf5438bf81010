import Testing

@testable import ferrite_migrate

/// What redis-cli's sds.c says of quotes, and what a shell says of comments and continued lines.
@Suite struct LineParserTests {
    private func words(_ lines: String...) throws -> [LineWord]? {
        var parser = LineParser()
        for (index, line) in lines.enumerated() {
            let goesOn = try parser.take(line.utf8)
            guard goesOn == (index < lines.count - 1) else { return nil }
        }
        return try parser.finish()
    }

    private func texts(_ line: String) throws -> [String]? { try words(line)?.map(\.text) }

    @Test(arguments: [
        ("", []), ("   \t ", []), ("status ALL", ["status", "ALL"]), ("  a \t b\r", ["a", "b"]),
        (#""a b" c"#, ["a b", "c"]), (#"'a b' c"#, ["a b", "c"]), (#"a"b c""#, ["ab c"]), (#""""#, [""]),
        (#"'' """#, ["", ""]), (#""\n\r\t\b\a""#, ["\n\r\t\u{8}\u{7}"]), (#""\\ \" \q""#, [#"\ " q"#]),
        (#""\x41\xc3\xa9\x4""#, ["Aéx4"]), (#"'it\'s \n'"#, [#"it's \n"#]), (#"a\b"#, [#"a\b"#]),
        (#"a\\"#, [#"a\\"#]), ("# all of it", []), ("status ALL  # the rest", ["status", "ALL"]),
        ("a#b '#c'", ["a#b", "#c"]), (#"--target="h:1 2""#, ["--target=h:1 2"]), ("ä 🦀", ["ä", "🦀"]),
    ])
    func oneLine(line: String, expected: [String]) throws { #expect(try texts(line) == expected) }

    @Test func onlyAWordThatBeginsWithAQuoteIsQuoted() throws {
        #expect(try words(#"a "b" c'd' 'e'"#)?.map(\.isQuoted) == [false, true, false, true])
    }

    @Test func aLineGoesOn() throws {
        #expect(try words("TENANT.MIGRATE acme \\", "  TARGET h:1 \\", "MODE live")?.count == 6)
        #expect(try words(#"mi\"#, "grate")?.map(\.text) == ["migrate"])
        #expect(try words(#""a\"#, #" b""#)?.map(\.text) == ["a b"])
        #expect(try words(#"# a comment never goes on\"#) == [])
        #expect(try words(#"a # nor one behind words\"#)?.map(\.text) == ["a"])
    }

    @Test(arguments: [
        (#"a "b"#, LineError.openQuote(column: 3)), ("ä 'b", .openQuote(column: 3)), (#""a\""#, .openQuote(column: 1)),
        (#""a"b"#, .noSpaceBehindQuote(column: 4)), ("'a''b'", .noSpaceBehindQuote(column: 4)),
        (#"a "\xff""#, .notText(column: 3)), (#""\x00""#, .notText(column: 1)), ("ab c\0d", .notText(column: 4)),
    ])
    func aLineThatIsNone(line: String, error: LineError) {
        #expect(throws: error) { try words(line) }
    }

    @Test func bytesThatAreNoText() {
        var parser = LineParser()
        #expect(throws: LineError.notText(column: 8)) {
            _ = try parser.take(Array("status ".utf8) + [0xFF, 0xFE])
            _ = try parser.finish()
        }
    }

    @Test func aByteThatBeginsNoCharacter() {
        var parser = LineParser()
        #expect(throws: LineError.notText(column: 1)) {
            _ = try parser.take([0xBF])
            _ = try parser.finish()
        }
    }

    @Test func aLineIsBounded() throws {
        var parser = LineParser()
        #expect(try parser.take(repeatElement(0x61, count: LineParser.limit - 1) + [0x5C]) == true)
        #expect(throws: LineError.tooLong) { try parser.take([0x62]) }
    }

    /// Whatever a word holds, quoted it is read back.
    @Test(arguments: ["", "a", "a b", "\"", "'", #"\"#, "#a", "it's \"so\"", "ä\tb"])
    func quotingIsReadBack(text: String) throws {
        for always in [false, true] { #expect(try texts(LineWord.quoting(text, always: always)) == [text]) }
    }

    /// Random bytes are words or an error, and never a crash.
    @Test func anyBytes() {
        var generator = SystemRandomNumberGenerator()
        let likely = Array("\"'\\ x0#\n".utf8)
        for _ in 0..<5000 {
            var parser = LineParser()
            let bytes = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                Bool.random(using: &generator) ? likely.randomElement(using: &generator)! : UInt8.random(in: 0...255)
            }
            guard (try? parser.take(bytes)) != nil, let words = try? parser.finish() else { continue }
            #expect(words.allSatisfy { !$0.text.contains("\0") })
        }
    }
}
