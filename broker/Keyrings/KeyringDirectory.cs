using System.ComponentModel;
using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Keyrings;

/// <summary>The directory of a user's keyrings, held open: what was checked of it stays true of what is done in it.</summary>
/// <remarks>Failures are <see cref="IOException"/>s whose text is for the log. May wait for a slow file system.</remarks>
internal sealed unsafe class KeyringDirectory : IDisposable
{
    /// <summary>Bytes of the longest file that is read: 256 cookies of any sensible length.</summary>
    private const int MaxFileLength = 256 * 1024;

    private const uint PrivateDirectory = 0x1c0; // rwx------
    private const uint PrivateFile = 0x180; // rw-------
    private const ushort OthersAccess = 0x36; // rw for group and others
    private readonly string _path;
    private readonly uint _owner;
    private readonly int _directory;

    private KeyringDirectory(string path, uint owner, int directory)
    {
        _path = path;
        _owner = owner;
        _directory = directory;
    }

    /// <summary>Opens the directory, and makes it if it is not there.</summary>
    /// <param name="path">Rooted.</param>
    /// <param name="owner">The user whom it and all in it must belong to.</param>
    /// <exception cref="IOException">It cannot be had, or others can read it or write into it.</exception>
    internal static KeyringDirectory Open(string path, uint owner)
    {
        _ = LibC.MakeDirectory(path, PrivateDirectory);
        int descriptor = LibC.Open(path, LibC.O_RDONLY | LibC.O_DIRECTORY | LibC.O_CLOEXEC);
        if (descriptor < 0)
        {
            throw Failure(path, "cannot open the directory", Marshal.GetLastPInvokeError());
        }

        KeyringDirectory directory = new(path, owner, descriptor);
        if (directory.Distrust(descriptor, LibC.DirectoryFile) is { } problem)
        {
            directory.Dispose();
            throw new IOException($"{path}: {problem}");
        }

        return directory;
    }

    /// <summary>The file's bytes; empty if there is none.</summary>
    /// <exception cref="IOException">It cannot be read, or others can.</exception>
    internal byte[] Read(string name)
    {
        int descriptor = LibC.OpenAt(_directory, name, LibC.O_RDONLY | LibC.O_NOFOLLOW | LibC.O_NONBLOCK | LibC.O_CLOEXEC, 0);
        int errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (errno == LibC.ENOENT)
        {
            return [];
        }

        if (errno != 0)
        {
            throw Failure(In(name), "cannot open", errno);
        }

        try
        {
            return Distrust(descriptor, LibC.RegularFile) is { } problem ? throw new IOException($"{In(name)}: {problem}") : ReadAll(descriptor, name);
        }
        finally
        {
            _ = LibC.Close(descriptor);
        }
    }

    /// <summary>Puts a file in the place of the one that is there, whole or not at all; only the owner can read it.</summary>
    /// <exception cref="IOException">It cannot be written; the former one is still there.</exception>
    internal void Replace(string name, ReadOnlySpan<byte> bytes)
    {
        string temporary = $"{name}.{Guid.NewGuid():N}";
        int descriptor = LibC.OpenAt(_directory, temporary, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_CLOEXEC, PrivateFile);
        if (descriptor < 0)
        {
            throw Failure(In(temporary), "cannot create", Marshal.GetLastPInvokeError());
        }

        bool isWritten;
        fixed (byte* start = bytes)
        {
            isWritten = LibC.Write(descriptor, start, (nuint)bytes.Length) == bytes.Length && LibC.Synchronize(descriptor) == 0;
        }

        int errno = isWritten ? 0 : Marshal.GetLastPInvokeError();
        _ = LibC.Close(descriptor);
        if (isWritten && LibC.RenameAt(_directory, temporary, _directory, name) < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            isWritten = false;
        }

        if (!isWritten)
        {
            _ = LibC.UnlinkAt(_directory, temporary, 0);
            throw Failure(In(name), "cannot write", errno);
        }
    }

    /// <summary>Makes an empty file; false: there is one already.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal bool TryCreate(string name)
    {
        int descriptor = LibC.OpenAt(_directory, name, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_CLOEXEC, PrivateFile);
        if (descriptor >= 0)
        {
            _ = LibC.Close(descriptor);
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == LibC.EEXIST ? false : throw Failure(In(name), "cannot create", errno);
    }

    internal void Delete(string name) => _ = LibC.UnlinkAt(_directory, name, 0);

    public void Dispose() => _ = LibC.Close(_directory);

    private static IOException Failure(string path, string what, int errno) => new($"{path}: {what}: {new Win32Exception(errno).Message}");

    private string In(string name) => $"{_path}/{name}";

    private string? Distrust(int descriptor, ushort fileType)
    {
        LibC.FileStatus status;
        if (LibC.GetFileStatus(descriptor, "", LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &status) < 0)
        {
            return new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        }

        return (status.Mode & LibC.FileTypeMask) != fileType ? "is not a file of that kind"
            : status.UserId != _owner ? $"belongs to uid {status.UserId}, not to uid {_owner}"
            : (status.Mode & OthersAccess) != 0 ? "others than its owner may read or write it"
            : null;
    }

    private byte[] ReadAll(int descriptor, string name)
    {
        byte[] bytes = new byte[MaxFileLength + 1];
        int length = 0;
        fixed (byte* start = bytes)
        {
            while (length < bytes.Length)
            {
                nint count = LibC.Read(descriptor, start + length, (nuint)(bytes.Length - length));
                if (count <= 0)
                {
                    return count == 0 ? bytes[..length] : throw Failure(In(name), "cannot read", Marshal.GetLastPInvokeError());
                }

                length += (int)count;
            }
        }

        throw new IOException($"{In(name)}: is longer than {MaxFileLength} bytes");
    }
}
