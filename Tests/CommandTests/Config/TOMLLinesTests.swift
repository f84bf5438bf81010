import Testing

@testable import ferrite_migrate

@Suite struct TOMLLinesTests {
    private func line(_ text: String, _ key: String...) -> Int? { TOMLLines(text).line(of: key) }

    /// All the ways in which TOML lets a key be written.
    @Test(arguments: [
        ("[a.b]\nc = 1", 2), ("[a]\nb.c = 1", 2), ("a.b.c = 1", 1), ("\n\na = { b = { c = 1 } }", 3),
        ("a = {x = 1, b.c = 2}", 1), ("[a]\n\nb = { x = \"}\", c = 1 }", 3), ("[ a . 'b' ]\n\"c\" = 1", 2),
        ("a . b . c = 1", 1), ("[a]\nx = 1\n[a.b]\n# c = 0\nc = 1", 5), ("\u{FEFF}[a.b]\nc = 1", 2),
        ("[a.b]\r\nx = 1\r\nc = 1\r\n", 3), ("[a.b]\n  c = 1 # c = 2", 2), ("[a.b] # c = 1\nc = 1", 2),
    ])
    func findsAKey(text: String, line: Int) { #expect(self.line(text, "a", "b", "c") == line) }

    /// What looks like a key and stands in a value is none.
    @Test(arguments: [
        ("[a]\nx = \"\"\"\nb = 1\n\"\"\"\nb = 2", 5), ("[a]\nx = '''\n[a]\nb = 1\n'''\nb = 2", 6),
        ("[a]\nx = \"\"\"\\\"\"\"\"\"\"\nb = 2", 3), ("[a]\nx = \"\"\"say \"\"two\"\"\"\"\"\nb = 2", 3),
        ("[a]\nx = [\n  \"b = 1\", # ]\n  [ '[b]' ],\n]\nb = 2", 6), ("[a]\nx = [ { b = 1 },\n { b = 2 } ]\nb = 3", 4),
        ("[a]\nx = \"\\\"\\nb = 1\"\nb = 2", 3), ("[a]\nx = 'C:\\'\nb = 2", 3),
        ("[a]\nx = 1979-05-27T07:32:00Z\nb = 2", 3),
        ("[a]\nx = \"#\" # \"\nb = 2", 3), ("[a]\nx = {}\ny = []\nz = \"\"\nb = 2", 5), ("[a]\nx.b = 1\nb = 2", 3),
        ("[[q]]\nb = 1\n[[q]]\nb = 2\n[a]\nb = 2", 6), ("[a.c]\nb = 1\n[a]\nb = 2", 4),
    ])
    func skipsWhatIsNoKey(text: String, line: Int) { #expect(self.line(text, "a", "b") == line) }

    @Test func tablesHaveLinesToo() {
        #expect(line("\n[a.b.c]\nx = 1", "a", "b") == 2)
        #expect(line("a = 1", "a") == 1)
        #expect(line("a = 1", "b") == nil)
        #expect(line("\"a\\u0062\" = 1", "ab") == nil, "no line is better than a wrong one")
    }

    /// The text is checked before; all the same nothing hangs.
    @Test(arguments: [
        "[", "a", "a =", "= 1", "]", "a = [", "a = {", "a = {,=", "a = \"", "a = '''", ".", "[[", "a..b", "a = ]",
    ])
    func brokenTextEnds(text: String) { _ = line(text, "a") }
}
