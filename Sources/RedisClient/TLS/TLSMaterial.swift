import NIOCore
import NIOSSL

/// The files of one side's settings, read and made into what NIOSSL takes.
struct TLSMaterial {
    /// How long a connection that is closed waits for the server to say that it has understood. Nobody needs that answer,
    /// and a server that hangs gives none.
    private static let farewell = TimeAmount.milliseconds(100)

    let settings: TLSSettings

    func context() throws(TLSFault) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = settings.minimum == .tls13 ? .tlsv13 : .tlsv12
        configuration.certificateVerification = settings.isInsecure ? .none : .fullVerification
        configuration.shutdownTimeout = Self.farewell
        if let authorities = settings.authorities {
            configuration.trustRoots = .certificates(try Self.authorities(authorities))
        }
        if let certificate = settings.certificate, let key = settings.key {
            let chain = try Self.certificates(certificate, as: "the certificate")
            configuration.certificateChain = chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try privateKey(key))
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            guard let certificate = settings.certificate, let key = settings.key else {
                throw TLSFault(.settings, "the certificates cannot be used: \(error)")
            }
            throw TLSFault(.settings, "the key \(key) is not that of the certificate \(certificate)")
        }
    }

    private static func certificates(_ path: String, as what: String) throws(TLSFault) -> [NIOSSLCertificate] {
        let bytes = try TLSFiles.read(path, as: what)
        let certificates = (try? NIOSSLCertificate.fromPEMBytes(bytes)) ?? []
        guard !certificates.isEmpty else {
            throw TLSFault(.settings, "\(what) \(path) holds no certificate in PEM form")
        }
        return certificates
    }

    /// Of a file, or of all files of a folder that hold some.
    private static func authorities(_ path: String) throws(TLSFault) -> [NIOSSLCertificate] {
        let what = "the CA certificate"
        guard let names = TLSFiles.names(inFolder: path) else { return try certificates(path, as: what) }
        var all: [NIOSSLCertificate] = []
        for name in names { all += (try? certificates("\(path)/\(name)", as: what)) ?? [] }
        guard !all.isEmpty else {
            throw TLSFault(.settings, "no file of the folder \(path) holds a certificate in PEM form")
        }
        return all
    }

    private func privateKey(_ path: String) throws(TLSFault) -> NIOSSLPrivateKey {
        let bytes = try TLSFiles.read(path, as: "the private key")
        let isEncrypted = String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
        let option = settings.option("key-passphrase-file")
        guard isEncrypted else {
            if let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) { return key }
            throw TLSFault(.settings, "the private key \(path) holds no key in PEM form")
        }
        guard let passphrase = settings.passphrase else {
            throw TLSFault(.settings, "the private key \(path) is encrypted; give its passphrase with \(option)")
        }
        let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) { setter in setter(Array(passphrase.utf8)) }
        guard let key else {
            throw TLSFault(.settings, "the passphrase does not open the private key \(path); look at \(option)")
        }
        return key
    }
}
