using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>Reads addresses in their text form.</summary>
/// <param name="transports">Those that there are.</param>
/// <remarks>
/// Source: D-Bus specification, "Server Addresses". Stricter than dbus-daemon 1.14, which ignores keys it does not know, takes the first
/// of two equal keys, and cuts values at NUL: here each of these is an error.
/// </remarks>
public sealed class AddressParser(params IReadOnlyList<TransportSyntax> transports)
{
    private const int GuidLength = 32;

    /// <summary>The transports that it knows.</summary>
    public IReadOnlyList<TransportSyntax> Transports => transports;

    /// <summary>Reads a list of addresses separated by ';'. One ';' may stand at the end, as libdbus allows.</summary>
    /// <param name="text">The list.</param>
    /// <param name="addresses">At least one address, in the order written.</param>
    /// <param name="error">One line that quotes the part that is wrong.</param>
    public bool TryParse(
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

    private bool TryParseOne(string entry, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        int colon = entry.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            error = entry.Length == 0 ? "an address is empty" : "there is no ':' after the transport";
            return false;
        }

        string transport = entry[..colon];
        if (transports.FirstOrDefault(known => known.Name == transport) is not { } syntax)
        {
            error = $"unknown transport '{transport}' (known: {string.Join(", ", transports.Select(known => known.Name))})";
            return false;
        }

        if (!AddressPairs.TryParse(entry[(colon + 1)..], out AddressPairs? pairs, out error)
            || !TryTakeGuid(pairs, out string? guid, out error)
            || !syntax.TryRead(pairs, out address, out error))
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
