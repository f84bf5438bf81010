import Glibc

/// Runs a script: a line is a command, and the first that fails is the last, unless it shall go on.
struct Script {
    /// Some editors begin a text of UTF-8 with it.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    let session: PromptSession
    let keepsGoing: Bool
    var lines: ScriptLines
    private var number = 0

    init(_ lines: ScriptLines, _ session: PromptSession, keepsGoing: Bool) {
        self.lines = lines
        self.session = session
        self.keepsGoing = keepsGoing
    }

    /// - Returns: How the first line ended that failed.
    mutating func run() async -> ExitReason {
        var first = ExitReason.done
        while true {
            let begin = number + 1
            let words: Result<[LineWord], LineError>?
            do {
                words = try next()
            } catch {
                let status = session.fail(error, [], Console.Line(isOfPrompt: true, number: number))
                return first == .done ? status : first
            }
            guard let words, case .done(let status) = await session.perform(words, number: begin) else { return first }
            if first == .done { first = status }
            guard status == .done || keepsGoing else { return first }
        }
    }

    /// A line with all its continuations, which belong to it where it is wrong, too; nil behind the last.
    private mutating func next() throws(CommandFailure) -> Result<[LineWord], LineError>? {
        var parser = LineParser()
        var failure: LineError?
        guard var part = try nextPart() else { return nil }
        while true {
            var goesOn = LineParser.goesOn(part)
            if failure == nil {
                do throws(LineError) { goesOn = try parser.take(part) } catch { failure = error }
            }
            guard goesOn, let next = try nextPart() else { break }
            part = next
        }
        if let failure { return .failure(failure) }
        return Result { () throws(LineError) in try parser.finish() }
    }

    private mutating func nextPart() throws(CommandFailure) -> [UInt8]? {
        number += 1
        switch lines.next() {
        case nil: return nil
        case .text(let text)?:
            return number == 1 && text.starts(with: Self.byteOrderMark) ? Array(text.dropFirst(3)) : text
        case .tooLong?: throw CommandFailure(.usage, LineError.tooLong.message)
        case .unreadable(let code)?:
            throw CommandFailure(.failed, "the script cannot be read: \(String(cString: strerror(code)))")
        }
    }
}
