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

    private static readonly UnixAddressKind[] UnixKinds = Enum.GetValues<UnixAddressKind>();

    private static string UnixKeys => string.Join(", ", UnixKinds.Select(UnixListenAddress.KeyOf));

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
                error = Printable(entry.Length == 0 ? $"'{text}': {problem}" : $"'{entry}': {problem}");
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
        if (transport != "unix")
        {
            error = $"unknown transport '{transport}' (known: unix)";
            return false;
        }

        return TryReadPairs(entry[(colon + 1)..], out Dictionary<string, string>? pairs, out error)
            && TryReadUnix(pairs, out address, out error);
    }

    private static bool TryReadPairs(string text, [NotNullWhen(true)] out Dictionary<string, string>? pairs, [NotNullWhen(false)] out string? error)
    {
        pairs = null;
        Dictionary<string, string> read = new(StringComparer.Ordinal);
        foreach (string pair in text.Length == 0 ? [] : text.Split(','))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == pair.Length - 1)
            {
                error = $"'{pair}' is not of the form key=value";
                return false;
            }

            string key = pair[..equals];
            if (!AddressEscaping.TryUnescape(pair.AsSpan(equals + 1), out string? value, out string? problem))
            {
                error = $"value of '{key}': {problem}";
                return false;
            }

            if (!read.TryAdd(key, value))
            {
                error = $"'{key}' is given twice";
                return false;
            }
        }

        pairs = read;
        error = null;
        return true;
    }

    private static bool TryReadUnix(
        Dictionary<string, string> pairs,
        [NotNullWhen(true)] out ListenAddress? address,
        [NotNullWhen(false)] out string? error)
    {
        address = null;
        if (!TryTakeGuid(pairs, out string? guid, out error))
        {
            return false;
        }

        UnixAddressKind[] given = [.. UnixKinds.Where(kind => pairs.ContainsKey(UnixListenAddress.KeyOf(kind)))];
        string? unknown = pairs.Keys.FirstOrDefault(key => !UnixKinds.Any(kind => UnixListenAddress.KeyOf(kind) == key));
        if (unknown is not null)
        {
            error = $"unknown key '{unknown}' (known: {UnixKeys}, guid)";
            return false;
        }

        if (given.Length != 1)
        {
            string found = given.Length == 0 ? "none is" : $"{string.Join(" and ", given.Select(UnixListenAddress.KeyOf))} are";
            error = $"exactly one of {UnixKeys} must be given, {found}";
            return false;
        }

        UnixListenAddress read = new(given[0], pairs[UnixListenAddress.KeyOf(given[0])]) { Guid = guid };
        error = read.Kind == UnixAddressKind.Runtime && read.Value != "yes"
            ? $"the only value of 'runtime' is 'yes', not '{read.Value}'"
            : read.LengthError(read);
        address = error is null ? read : null;
        return error is null;
    }

    private static bool TryTakeGuid(Dictionary<string, string> pairs, out string? guid, [NotNullWhen(false)] out string? error)
    {
        if (pairs.Remove("guid", out guid) && (guid.Length != GuidLength || !guid.All(char.IsAsciiHexDigit)))
        {
            error = $"guid '{guid}' is not {GuidLength} hex digits";
            return false;
        }

        guid = guid?.ToLowerInvariant();
        error = null;
        return true;
    }

    // The text comes from a command line or a file: what is quoted of it must stay one line.
    private static string Printable(string text) =>
        string.Create(text.Length, text, (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        });
}
