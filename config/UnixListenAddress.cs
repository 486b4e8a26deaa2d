using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>Which of the five keys of a <c>unix:</c> address names the socket.</summary>
public enum UnixAddressKind
{
    /// <summary><c>path</c>: a socket in the file system. Connectable.</summary>
    Path,

    /// <summary><c>abstract</c>: a name in the network namespace, outside any file system. Connectable.</summary>
    Abstract,

    /// <summary><c>dir</c>: a socket with a random name in that directory.</summary>
    Directory,

    /// <summary><c>tmpdir</c>: the same. It may be abstract; as in dbus-daemon 1.14 of Debian and 1.16 it is not, since abstract names escape containers.</summary>
    TemporaryDirectory,

    /// <summary><c>runtime=yes</c>: <c>$XDG_RUNTIME_DIR/bus</c>.</summary>
    Runtime,
}

/// <summary>A <c>unix:</c> address.</summary>
/// <param name="Kind">Which key was given.</param>
/// <param name="Value">Its value, unescaped; "yes" for <see cref="UnixAddressKind.Runtime"/>.</param>
/// <remarks>Source: D-Bus specification, "Unix Domain Sockets".</remarks>
public sealed record UnixListenAddress(UnixAddressKind Kind, string Value) : ListenAddress
{
    /// <summary>Bytes of the longest socket name: sun_path (unix(7)) less the closing NUL, or the opening one of an abstract name.</summary>
    public const int MaxNameLength = 107;

    /// <summary>Access mode of the socket of a domain; null: its owner alone may connect. Without a domain it is the bus's to choose.</summary>
    public UnixFileMode? Mode { get; init; }

    private const string RandomNamePrefix = "dbus-";
    private const int RandomNameLength = 12; // the digits of a random UUID before its version

    /// <inheritdoc/>
    public override string Transport => "unix";

    /// <inheritdoc/>
    public override string? ConnectProblem => Kind is UnixAddressKind.Path or UnixAddressKind.Abstract ? null : base.ConnectProblem;

    /// <inheritdoc/>
    protected override string Values => $"{KeyOf(Kind)}={AddressEscaping.Escape(Value)}";

    /// <summary>The address that clients can connect to: <see cref="UnixAddressKind.Path"/> with a rooted path, or <see cref="UnixAddressKind.Abstract"/>.</summary>
    /// <param name="surroundings">What the answer depends on besides this value.</param>
    /// <param name="connectable">The connectable address, with the same guid. Random names differ from call to call.</param>
    /// <param name="error">Why there is none, naming this address.</param>
    public bool TryResolve(
        AddressSurroundings surroundings,
        [NotNullWhen(true)] out UnixListenAddress? connectable,
        [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(surroundings);
        connectable = null;
        if (Kind == UnixAddressKind.Runtime && string.IsNullOrEmpty(surroundings.RuntimeDirectory))
        {
            error = $"{this}: XDG_RUNTIME_DIR is not set";
            return false;
        }

        UnixListenAddress candidate = Kind switch
        {
            UnixAddressKind.Abstract => this,
            UnixAddressKind.Path => AtPath(surroundings, Value),
            UnixAddressKind.Runtime => AtPath(surroundings, Join(surroundings.RuntimeDirectory!, "bus")),
            _ => AtPath(surroundings, Join(Value, RandomNamePrefix + System.Guid.NewGuid().ToString("N")[..RandomNameLength])),
        };
        error = candidate.LengthError(this);
        connectable = error is null ? candidate : null;
        return error is null;
    }

    /// <summary>The name as the kernel takes it in sun_path: a path, or NUL and an abstract name; no closing NUL.</summary>
    /// <remarks>Only of a connectable address.</remarks>
    public byte[] ToSocketName() => AddressEscaping.Utf8.GetBytes(Kind == UnixAddressKind.Abstract ? $"\0{Value}" : Value);

    internal static string KeyOf(UnixAddressKind kind) => kind switch
    {
        UnixAddressKind.Path => "path",
        UnixAddressKind.Abstract => "abstract",
        UnixAddressKind.Directory => "dir",
        UnixAddressKind.TemporaryDirectory => "tmpdir",
        _ => "runtime",
    };

    /// <summary>Null when the name fits into a socket address.</summary>
    internal string? LengthError(UnixListenAddress asWritten)
    {
        int length = AddressEscaping.Utf8.GetByteCount(Value);
        return length <= MaxNameLength
            ? null
            : $"{asWritten}: the socket's name is {length} bytes long, at most {MaxNameLength} are possible";
    }

    private static string Join(string directory, string name) => directory.EndsWith('/') ? directory + name : $"{directory}/{name}";

    // Not Path.GetFullPath: it takes a/../b for b, which is another directory when a is a symbolic link.
    private UnixListenAddress AtPath(AddressSurroundings surroundings, string path) => new(
        UnixAddressKind.Path,
        path.StartsWith('/') ? path : Join(surroundings.WorkingDirectory, path))
    {
        Guid = Guid,
        Domain = Domain,
        Mode = Mode,
    };
}
