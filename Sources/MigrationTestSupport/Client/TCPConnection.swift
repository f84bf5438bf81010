import Glibc

/// Opens sockets; the caller closes them.
enum TCPConnection {
    /// `timeout` is in seconds and holds for connecting and for each wait on the socket later.
    static func open(_ endpoint: Endpoint, timeout: Double) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(endpoint.host, String(endpoint.port), &hints, &list) == 0, let first = list else {
            throw RESPSocketError.unreachable(EHOSTUNREACH)
        }
        defer { freeaddrinfo(first) }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(first.pointee.ai_family, kind, 0)
        guard descriptor >= 0 else { throw RESPSocketError.unreachable(errno) }
        setOptions(descriptor, timeout: timeout)
        guard Glibc.connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw RESPSocketError.unreachable(code)
        }
        return descriptor
    }

    /// Listens on a free loopback port.
    static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                bind(descriptor, pointer, length) == 0, Glibc.listen(descriptor, 128) == 0,
                getsockname(descriptor, pointer, &length) == 0
            else { return errno }
            return 0
        }
        guard code == 0 else {
            Glibc.close(descriptor)
            throw RESPSocketError.unreachable(code)
        }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func setOptions(_ descriptor: Int32, timeout: Double) {
        var wait = timeval(tv_sec: Int(timeout), tv_usec: Int(timeout.truncatingRemainder(dividingBy: 1) * 1e6))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}
