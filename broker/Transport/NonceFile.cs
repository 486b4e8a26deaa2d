using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>The 16 bytes that a client of <c>nonce-tcp:</c> sends first, and the file in which those who may read it find them.</summary>
/// <remarks>Source: D-Bus specification, "Nonce-authenticated TCP Sockets".</remarks>
internal sealed class NonceFile
{
    private const int Length = 16;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string _directory;

    private NonceFile(string directory, byte[] nonce)
    {
        _directory = directory;
        Nonce = nonce;
    }

    internal byte[] Nonce { get; }

    internal string Path => System.IO.Path.Combine(_directory, "nonce");

    /// <summary>A new nonce, in a new directory of its own below $TMPDIR or /tmp; both are their owner's alone.</summary>
    /// <exception cref="StartException">It cannot be written.</exception>
    internal static NonceFile Create()
    {
        try
        {
            NonceFile file = new(Directory.CreateTempSubdirectory("dbus_nonce-").FullName, SecureRandom.Bytes(Length));
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
            using FileStream stream = new(file.Path, options);
            stream.Write(file.Nonce);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"cannot write a nonce file: {e.Message}");
        }
    }

    internal void Delete()
    {
        try
        {
            File.Delete(Path);
            Directory.Delete(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is out of date, and worthless to whoever reads it.
        }
    }
}
