/// How a key's absolute expiry is asked of the source.
enum ExpiryQuery: Sendable {
    /// `PEXPIRETIME` (Redis 7.0 and later): exact.
    case absolute
    /// `PTTL` between two `TIME`s, for older servers: exact when both times fall into the same millisecond, else
    /// the key is asked again.
    case relative
}

/// What is known of a key's expiry.
enum Expiry: Equatable, Sendable {
    case gone
    case never
    /// Milliseconds since 1970.
    case at(Int)
    /// It has one, and it has to be asked (again) exactly.
    case unsettled

    /// From the reply to PEXPIRETIME: -2 no such key, -1 no expiry.
    init(absolute reply: Int) {
        switch reply {
        case -2: self = .gone
        case -1: self = .never
        default: self = .at(reply)
        }
    }

    /// From PTTL and the server's clock, in milliseconds, before and after it.
    init(remaining: Int, before: Int, after: Int) {
        switch remaining {
        case -2: self = .gone
        case -1: self = .never
        default:
            // A sum that is no Int is at the end of all time.
            let (sum, isTooLate) = before.addingReportingOverflow(remaining)
            self = before == after ? .at(isTooLate ? .max : sum) : .unsettled
        }
    }
}
