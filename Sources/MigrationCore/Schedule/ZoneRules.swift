/// When the clocks of a time zone are set, read from its compiled file (RFC 9636, "TZif").
package struct ZoneRules: Equatable, Sendable {
    /// Seconds since 1970, ascending, and the offset from each on, in seconds east of UTC.
    private var transitions: [(at: Int, offset: Int)] = []
    private var firstOffset = 0
    /// What holds behind the last transition.
    private var footer: PosixZone?

    package static func == (left: ZoneRules, right: ZoneRules) -> Bool {
        left.firstOffset == right.firstOffset && left.footer == right.footer
            && left.transitions.elementsEqual(right.transitions) { $0 == $1 }
    }

    /// Nil where the bytes are no such file.
    package init?(tzif bytes: [UInt8]) {
        var reader = Reader(rest: bytes[...])
        guard var header = reader.header() else { return nil }
        if header.version >= UInt8(ascii: "2") {
            guard reader.skip(header.bodyLength(timeSize: 4)), let second = reader.header() else { return nil }
            header = second
        }
        let timeSize = header.version >= UInt8(ascii: "2") ? 8 : 4
        guard reader.rest.count >= header.bodyLength(timeSize: timeSize) else { return nil }
        guard read(header, &reader, timeSize) else { return nil }
        if timeSize == 8, let text = reader.footer() {
            guard let zone = PosixZone(text) else { return nil }
            footer = zone
        }
    }

    private mutating func read(_ header: Header, _ reader: inout Reader, _ timeSize: Int) -> Bool {
        let times = (0..<header.times).map { _ in reader.integer(timeSize) }
        let indices = (0..<header.times).map { _ in reader.integer(1) & 0xFF }
        let types = (0..<header.types).map { _ in
            let offset = reader.integer(4)
            _ = reader.skip(2)
            return offset
        }
        guard let first = types.first, indices.allSatisfy({ $0 < types.count }) else { return false }
        firstOffset = first
        transitions = zip(times, indices).map { (at: $0, offset: types[$1]) }
        return reader.skip(header.tailLength(timeSize: timeSize))
    }

    /// Seconds east of UTC at an instant.
    package func offset(at instant: Int) -> Int {
        if let footer, instant >= transitions.last?.at ?? Int.min { return footer.offset(at: instant) }
        return transitions.last { $0.at <= instant }?.offset ?? firstOffset
    }

    /// The offsets with which a local time is one: mostly one; none or two where the clocks are set. The earlier
    /// instant comes first.
    func offsets(ofLocal seconds: Int) -> [Int] {
        candidates(seconds).filter { offset(at: seconds - $0) == $0 }
    }

    /// Those before and after a change of the clocks that left the local time out.
    func offsetsAround(local seconds: Int) -> [Int] { candidates(seconds) }

    /// No zone is further than a day from UTC, and none sets its clocks twice in two days.
    private func candidates(_ seconds: Int) -> [Int] {
        Set([offset(at: seconds - 86_400), offset(at: seconds + 86_400)]).sorted(by: >)
    }
}

private struct Header {
    let version: UInt8
    let isUT: Int
    let isStandard: Int
    let leaps: Int
    let times: Int
    let types: Int
    let characters: Int

    func bodyLength(timeSize: Int) -> Int { times * (timeSize + 1) + types * 6 + tailLength(timeSize: timeSize) }
    func tailLength(timeSize: Int) -> Int { characters + leaps * (timeSize + 4) + isStandard + isUT }
}

private struct Reader {
    /// More of anything no file has.
    private static let most = 100_000

    var rest: ArraySlice<UInt8>

    mutating func header() -> Header? {
        guard rest.count >= 44, rest.starts(with: Array("TZif".utf8)) else { return nil }
        let version = rest[rest.startIndex + 4]
        _ = skip(20)
        let counts = (0..<6).map { _ in integer(4) }
        guard counts.allSatisfy({ (0...Self.most).contains($0) }) else { return nil }
        return Header(
            version: version,
            isUT: counts[0],
            isStandard: counts[1],
            leaps: counts[2],
            times: counts[3],
            types: counts[4],
            characters: counts[5]
        )
    }

    mutating func skip(_ count: Int) -> Bool {
        guard rest.count >= count else { return false }
        rest = rest.dropFirst(count)
        return true
    }

    /// Big-endian and signed; what is not there is zero.
    mutating func integer(_ size: Int) -> Int {
        let bytes = rest.prefix(size)
        rest = rest.dropFirst(size)
        let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let shift = 64 - 8 * size
        return Int(Int64(bitPattern: value << UInt64(shift)) >> Int64(shift))
    }

    /// The rule between two newlines; nil where it is empty.
    func footer() -> String? {
        let line = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
