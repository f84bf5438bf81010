import MigrationTestSupport
import Testing

@testable import MigrationCore

@Suite struct TransferLimiterTests {
    /// A limiter that an expectation may change. Lanes have their numbers, the mover's workers negative ones.
    private final class Stage {
        private var limiter: TransferLimiter

        init(_ limiter: TransferLimiter) { self.limiter = limiter }

        private func taker(_ number: Int) -> TransferLimiter.Taker { number < 0 ? .mover(-number) : .lane(number) }

        var waiting: [Int] {
            limiter.waiting.map { taker in
                switch taker {
                case .lane(let number): number
                case .mover(let number): -number
                }
            }
        }

        func turn(of number: Int, at now: Duration) -> TransferLimiter.Turn { limiter.turn(of: taker(number), at: now) }
        func took(_ count: Int, ticket: Int?, by number: Int) { limiter.took(count, ticket: ticket, by: taker(number)) }
        func leave(_ number: Int) { limiter.leave(taker(number)) }
        func maySend(_ number: Int, at now: Duration) -> Bool { limiter.maySend(taker(number), at: now) }
        func sent(bytes: Int, by number: Int) { limiter.sent(bytes: bytes, by: taker(number)) }
        func moved(keys: Int, bytes: Int, ticket: Int, isLast: Bool) {
            limiter.moved(keys: keys, bytes: bytes, ticket: ticket, isLast: isLast)
        }
    }

    private func limiter(keys: Int? = nil, bytes: Int? = nil) throws -> Stage {
        let options = try TransferOptions(maxKeysPerSecond: keys, maxBytesPerSecond: bytes)
        return Stage(try #require(TransferLimiter(options, at: .zero)))
    }

    @Test func nothingIsLimitedUnlessAskedFor() throws {
        #expect(TransferLimiter(try TransferOptions(), at: .zero) == nil)
        #expect(TransferLimiter(try TransferOptions(maxKeysPerSecond: 0, maxBytesPerSecond: 0), at: .zero) == nil)
    }

    /// As many as a tenth of a second has, however long nobody asked.
    @Test func aBurstIsShort() throws {
        let limiter = try limiter(keys: 1000)
        #expect(limiter.turn(of: 0, at: .zero) == .wait(.milliseconds(50)))
        #expect(limiter.turn(of: 0, at: .milliseconds(50)) == .take(most: 50))
        #expect(limiter.turn(of: 0, at: .seconds(60)) == .take(most: 100))
        limiter.took(100, ticket: 1, by: 0)
        #expect(!limiter.turn(of: 0, at: .seconds(60)).isOpen)
    }

    @Test func aLowRateLetsOneKeyThroughAtATime() throws {
        let limiter = try limiter(keys: 1)
        #expect(limiter.turn(of: 0, at: .zero) == .wait(.seconds(1)))
        #expect(limiter.turn(of: 0, at: .seconds(10)) == .take(most: 1))
        limiter.took(1, ticket: 1, by: 0)
        #expect(limiter.turn(of: 0, at: .seconds(10)) == .wait(.seconds(1)))
    }

    /// Takers who come whenever they like take what a second allows, in every second, and no less in the long run.
    @Test(arguments: [1, 7, 50, 1000, 250_000])
    func anySecondHoldsTheRate(rate: Int) throws {
        var generator = SplitMix64(seed: UInt64(rate))
        let limiter = try limiter(keys: rate)
        var taken: [(at: Double, keys: Int)] = []
        var now = 0.0
        while now < 20 {
            now += Double(generator.below(20)) / 1000
            // The first of the line is called, others come by themselves.
            let taker = generator.below(3) > 0 ? limiter.waiting.first ?? 0 : generator.below(5)
            guard case .take(let most) = limiter.turn(of: taker, at: .seconds(now)) else { continue }
            let count = min(most, 1 + generator.below(10_000_000))
            limiter.took(count, ticket: nil, by: taker)
            taken.append((now, count))
        }
        for first in taken.indices {
            let second = taken[first...].prefix { $0.at < taken[first].at + 1 }.reduce(0) { $0 + $1.keys }
            #expect(second <= rate + max(1, rate / 10), "\(second) keys in the second from \(taken[first].at)")
        }
        let all = taken.reduce(0) { $0 + $1.keys }
        #expect(all > rate * 18 && all <= rate * 20 + 1, "\(all)")
    }

    /// Whoever waits comes before those who come again.
    @Test func nobodyIsStarved() throws {
        let limiter = try limiter(keys: 100)
        var order: [Int] = []
        for step in 0..<200 {
            // 0 asks first each time.
            for taker in [0, 1, -1] where limiter.turn(of: taker, at: .milliseconds(step * 50)).isOpen {
                limiter.took(5, ticket: nil, by: taker)
                order.append(taker)
            }
        }
        for taker in [0, 1, -1] { #expect(order.count { $0 == taker } > 60, "\(taker)") }
    }

    @Test func whoLeavesHoldsNobodyUp() throws {
        let limiter = try limiter(keys: 100)
        #expect(!limiter.turn(of: 3, at: .zero).isOpen)
        #expect(limiter.turn(of: 4, at: .seconds(1)) == .waitForOthers)
        #expect(limiter.waiting == [3, 4])
        limiter.leave(3)
        #expect(limiter.turn(of: 4, at: .seconds(1)) == .take(most: 10))
    }

    /// What is known of sizes decides how many are taken, and what was wrong is waited for afterwards.
    @Test func bytesAreReckonedAndPutRight() throws {
        let limiter = try limiter(bytes: 1 << 20)
        guard case .take(let first) = limiter.turn(of: 0, at: .seconds(1)) else {
            Issue.record("waits")
            return
        }
        #expect(first == 6, "a tenth of a megabyte, 16 KB each as long as nobody knows")
        limiter.took(first, ticket: 1, by: 0)
        limiter.moved(keys: first, bytes: first * 100_000, ticket: 1, isLast: true)
        #expect(!limiter.turn(of: 0, at: .seconds(1.5)).isOpen, "600 KB take more than half a second")
        #expect(limiter.turn(of: 0, at: .seconds(1.6)) == .take(most: 1))
        limiter.took(1, ticket: 2, by: 0)
        // Nothing of it is told twice: a part, then the rest.
        limiter.moved(keys: 0, bytes: 50_000, ticket: 2, isLast: false)
        limiter.moved(keys: 1, bytes: 50_000, ticket: 2, isLast: true)
        guard case .wait(let delay) = limiter.turn(of: 0, at: .seconds(1.6)) else {
            Issue.record("goes on")
            return
        }
        #expect(delay > .milliseconds(40) && delay < .milliseconds(50), "\(delay)")
    }

    /// What was under way when the limit was set is not waited for.
    @Test func whatWasTakenBeforeTeachesOnly() throws {
        let limiter = try limiter(bytes: 1 << 20)
        limiter.moved(keys: 64, bytes: 64 * 100_000, ticket: 7, isLast: true)
        #expect(limiter.turn(of: 0, at: .seconds(1)) == .take(most: 1))
    }

    @Test func smallValuesAreSoonTakenByTheHundred() throws {
        let limiter = try limiter(bytes: 1 << 20)
        var most = 0
        for ticket in 0..<100 {
            guard case .take(let count) = limiter.turn(of: 0, at: .seconds(1 + ticket)) else { continue }
            limiter.took(count, ticket: ticket, by: 0)
            limiter.moved(keys: count, bytes: count * 20, ticket: ticket, isLast: true)
            most = count
        }
        #expect(most > 3000, "\(most)")
    }

    /// Pieces of a big value and batches take turns.
    @Test func aBigValueStandsInTheLine() throws {
        let limiter = try limiter(bytes: 1_000_000)
        #expect(limiter.maySend(-1, at: .seconds(1)))
        limiter.sent(bytes: 150_000, by: -1)
        #expect(!limiter.turn(of: 0, at: .seconds(1)).isOpen)
        #expect(!limiter.maySend(-1, at: .seconds(1.15)))
        #expect(limiter.turn(of: 0, at: .seconds(1.15)).isOpen)
        limiter.took(1, ticket: 1, by: 0)
        #expect(limiter.maySend(-1, at: .seconds(1.3)))
        let keysOnly = try self.limiter(keys: 1)
        #expect(!keysOnly.turn(of: 0, at: .zero).isOpen)
        #expect(keysOnly.maySend(-1, at: .zero), "a limit of keys does not slow a value down")
    }
}
