using System.Runtime.InteropServices;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>The 16 bytes that a client of <c>nonce-tcp:</c> sends first, and the file in which those who may read it find them.</summary>
/// <remarks>Source: D-Bus specification, "Nonce-authenticated TCP Sockets".</remarks>
internal sealed class NonceFile
{
    private const int Length = 16;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const uint PrivateDirectory = 0x1c0; // rwx------
    private readonly string _directory;

    /// <summary>A new nonce, for a file that is not there yet, in a directory of its own below $TMPDIR or /tmp.</summary>
    internal NonceFile()
    {
        Nonce = SecureRandom.Bytes(Length);
        _directory = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"dbus_nonce-{Convert.ToHexStringLower(SecureRandom.Bytes(Length))}");
    }

    internal byte[] Nonce { get; }

    internal string Path => System.IO.Path.Combine(_directory, "nonce");

    /// <summary>Writes it, directory and file for their owner alone: so when the bus is the user that it will be, as whom its clients read it.</summary>
    /// <exception cref="StartException">It cannot be written.</exception>
    internal void Write()
    {
        if (LibC.MakeDirectory(_directory, PrivateDirectory) < 0)
        {
            throw new StartException($"cannot make the directory {_directory} of a nonce file: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        try
        {
            FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly };
            using FileStream stream = new(Path, options);
            stream.Write(Nonce);
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
