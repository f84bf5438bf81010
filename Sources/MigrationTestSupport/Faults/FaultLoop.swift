import Glibc

/// The thread of a `FaultProxy`. It alone touches the connections.
struct FaultLoop: Sendable {
    let listener: Int32
    let server: Endpoint
    let orders: FaultOrders

    func run() {
        var course = FaultCourse(orders: orders)
        while !orders.value.isStopped {
            course.heal(orders.value.heals)
            var polled = course.polled()
            polled.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
            guard poll(&polled, nfds_t(polled.count), course.isDelaying ? 1 : 10) >= 0 || errno == EINTR else { break }
            course.move()
            if polled.last?.revents != 0 { accept(&course) }
        }
        course.closeAll()
        close(listener)
    }

    private func accept(_ course: inout FaultCourse) {
        let tool = Glibc.accept(listener, nil, nil)
        guard tool >= 0 else { return }
        guard !course.isRefusing, let upstream = try? TCPConnection.open(server, timeout: 0) else {
            close(tool)
            return
        }
        var on: Int32 = 1
        setsockopt(tool, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        course.links.append(FaultLink(tool: tool, server: upstream))
    }
}

/// The connections of a proxy and what goes wrong with them at present.
struct FaultCourse {
    let orders: FaultOrders
    var links: [FaultLink] = []
    private var conditions: [Fault.Direction: FlowCondition] = [:]
    private var refusesUntil = 0.0
    private var heals = 0
    private var buried: [(descriptor: Int32, until: Double)] = []
    private var buffer = Bytes(repeating: 0, count: FaultFlow.room)

    init(orders: FaultOrders) { self.orders = orders }

    var isRefusing: Bool { MonotonicClock.seconds < refusesUntil }

    /// Something waits for a time, not for a socket.
    var isDelaying: Bool {
        links.contains { !$0.toServer.waiting.isEmpty || !$0.toTool.waiting.isEmpty }
    }

    mutating func heal(_ count: Int) {
        guard count != heals else { return }
        heals = count
        refusesUntil = 0
        conditions = [:]
        for index in links.indices {
            for direction in Fault.Direction.allCases { links[index][direction].condition = FlowCondition() }
        }
    }

    /// What to wait for. A socket that nothing is wanted of must not be there: its end would wake the loop for ever.
    func polled() -> [pollfd] {
        let now = MonotonicClock.seconds
        return links.flatMap { link in
            Fault.Direction.allCases.flatMap { direction -> [pollfd] in
                let flow = link[direction]
                var wanted: [pollfd] = []
                if flow.wantsRead { wanted.append(pollfd(fd: flow.from, events: Int16(POLLIN), revents: 0)) }
                if flow.allowance(conditions[direction] ?? .init(), at: now) > 0 {
                    wanted.append(pollfd(fd: flow.to, events: Int16(POLLOUT), revents: 0))
                }
                return wanted
            }
        }
    }

    /// Reads what has come and sends what may pass, on every connection.
    mutating func move() {
        let now = MonotonicClock.seconds
        for index in links.indices where !links[index].isClosed {
            if now >= links[index].closesAt { links[index].isClosed = true }
            for direction in Fault.Direction.allCases where !links[index].isClosed {
                read(index, direction, now)
                if !links[index].isClosed { send(index, direction, now) }
            }
        }
        for link in links where link.isClosed { bury(link, now) }
        links.removeAll(where: \.isClosed)
        for end in buried where end.until <= now { close(end.descriptor) }
        buried.removeAll { $0.until <= now }
    }

    func closeAll() {
        for link in links {
            close(link.toServer.from)
            close(link.toServer.to)
        }
        for end in buried { close(end.descriptor) }
    }

    /// A socket that is closed with bytes in it that nobody has read takes back what it has sent.
    private mutating func bury(_ link: FaultLink, _ now: Double) {
        for descriptor in [link.toServer.from, link.toServer.to] {
            shutdown(descriptor, Int32(SHUT_RDWR))
            buried.append((descriptor, now + 0.2))
        }
    }

    private mutating func read(_ index: Int, _ direction: Fault.Direction, _ now: Double) {
        let flow = links[index][direction]
        guard flow.wantsRead else { return }
        let count = recv(flow.from, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else {
            if count == 0 || (errno != EAGAIN && errno != EINTR) { links[index][direction].end() }
            return
        }
        pass(index, direction, count, now)
    }

    /// Takes in what was read, with whatever is to go wrong within it.
    private mutating func pass(_ index: Int, _ direction: Fault.Direction, _ count: Int, _ now: Double) {
        if direction == .toServer { links[index].noteRequest(buffer[..<count]) }
        let due = orders.take(direction, buffer[..<count])
        var wanted: Fault.Corruption?
        if case .corrupt(let what) = due?.fault.kind, links[index].takes(what) { wanted = what }
        if direction == .toTool {
            let place = links[index].toTool.tracker.advance(buffer[..<count], wanted: wanted, from: due?.after ?? 0)
            if let wanted, let place, let fault = due?.fault {
                buffer[place] = wanted.apply(to: buffer[place])
                orders.note(fault)
            } else if case .corrupt = due?.fault.kind, let fault = due?.fault {
                orders.putBack(fault)
            }
        }
        guard let due, due.fault.isOfTheWay else { return append(index, direction, 0..<count, now) }
        append(index, direction, 0..<due.after, now)
        links[index][direction].flush()
        happen(due.fault, index, now)
        append(index, direction, due.after..<count, now)
    }

    private mutating func append(_ index: Int, _ direction: Fault.Direction, _ range: Range<Int>, _ now: Double) {
        let latency = max(
            links[index][direction].condition.latency(at: now),
            conditions[direction]?.latency(at: now) ?? 0
        )
        links[index][direction].append(buffer[range], latency: latency, at: now)
    }

    private mutating func send(_ index: Int, _ direction: Fault.Direction, _ now: Double) {
        let count = links[index][direction].allowance(conditions[direction] ?? .init(), at: now)
        if count > 0 {
            if !links[index][direction].send(count) {
                // A tool that is gone does not take its last commands with it; a server that is gone takes none.
                if direction == .toServer { links[index].isClosed = true }
                links[index][direction].discard()
            }
            links[index][direction].condition.notePassed(at: now)
            conditions[direction]?.notePassed(at: now)
        }
        links[index][direction].passEnd()
        if direction == .toTool, links[index].toTool.hasPassedEnd { links[index].isClosed = true }
    }

    private mutating func happen(_ fault: Fault, _ index: Int, _ now: Double) {
        orders.note(fault)
        let hit = fault.isWide ? Array(links.indices) : [index]
        switch fault.kind {
        case .cut: for index in hit { links[index].isClosed = true }
        case .refuse(let time):
            refusesUntil = now + Double(time) / 1000
            for index in links.indices { links[index].isClosed = true }
        case .halfCut(let time): for index in hit { links[index].closesAt = now + Double(time) / 1000 }
        case .stall, .drip, .delay, .corrupt: break
        }
        var directions = [fault.direction]
        if case .stall(_, true) = fault.kind { directions = Fault.Direction.allCases }
        for direction in directions {
            if fault.isWide { conditions[direction, default: .init()].take(fault.kind, at: now) }
            for index in hit { links[index][direction].condition.take(fault.kind, at: now) }
        }
    }
}

extension Fault {
    /// It happens to the connection, not to a byte.
    fileprivate var isOfTheWay: Bool {
        if case .corrupt = kind { false } else { true }
    }
}

extension FaultLink {
    fileprivate func takes(_ corruption: Fault.Corruption) -> Bool {
        corruption != .payload || takesPayloadCorruption
    }
}
