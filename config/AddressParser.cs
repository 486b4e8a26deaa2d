using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>Reads listen addresses in their text form.</summary>
/// <remarks>
/// Source: D-Bus specification, "Server Addresses". Stricter than dbus-daemon 1.14, which ignores keys it does not know, takes the first
/// of two equal keys, and cuts values at NUL: here each of these is an error.
/// </remarks>
public static class AddressParser
{
    private const int GuidLength = 32;

    // A transport is a row here, and a file that knows its keys.
    private static readonly (string Name, ReadKeys Read)[] Transports =
    [
        ("unix", UnixAddressReader.TryRead),
        ("tcp", TcpAddressReader.TryReadPlain),
        ("nonce-tcp", TcpAddressReader.TryReadWithNonce),
        (VsockListenAddress.Name, VsockListenAddress.TryRead),
        ("systemd", SystemdAddressReader.TryRead),
    ];

    private delegate bool ReadKeys(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error);

    /// <summary>Reads a list of addresses separated by ';'. One ';' may stand at the end, as libdbus allows.</summary>
    /// <param name="text">The list.</param>
    /// <param name="addresses">At least one address, in the order written.</param>
    /// <param name="error">One line that quotes the part that is wrong.</param>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out IReadOnlyList<ListenAddress>? addresses,
        [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        addresses = null;
        List<ListenAddress> read = [];
        string list = text.EndsWith(';') ? text[..^1] : text;
        foreach (string entry in list.Split(';'))
        {
            if (!TryParseOne(entry, out ListenAddress? address, out string? problem))
            {
                error = Printable.OneLine(entry.Length == 0 ? $"'{text}': {problem}" : $"'{entry}': {problem}");
                return false;
            }

            read.Add(address);
        }

        addresses = read;
        error = null;
        return true;
    }

    private static bool TryParseOne(string entry, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        int colon = entry.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            error = entry.Length == 0 ? "an address is empty" : "there is no ':' after the transport";
            return false;
        }

        string transport = entry[..colon];
        if (Array.Find(Transports, known => known.Name == transport).Read is not { } read)
        {
            error = $"unknown transport '{transport}' (known: {string.Join(", ", Transports.Select(known => known.Name))})";
            return false;
        }

        if (!AddressPairs.TryParse(entry[(colon + 1)..], out AddressPairs? pairs, out error)
            || !TryTakeGuid(pairs, out string? guid, out error)
            || !read(pairs, out address, out error))
        {
            return false;
        }

        address = address with { Guid = guid };
        return true;
    }

    private static bool TryTakeGuid(AddressPairs pairs, out string? guid, [NotNullWhen(false)] out string? error)
    {
        guid = pairs.Take("guid");
        error = guid is not null && (guid.Length != GuidLength || !guid.All(char.IsAsciiHexDigit))
            ? $"guid '{guid}' is not {GuidLength} hex digits"
            : null;
        guid = guid?.ToLowerInvariant();
        return error is null;
    }
}
