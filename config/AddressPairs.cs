using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>The keys and unescaped values of one address. Each key is taken once; what is left over at the end is unknown.</summary>
public sealed class AddressPairs
{
    private readonly Dictionary<string, string> _pairs = new(StringComparer.Ordinal);

    private AddressPairs()
    {
    }

    /// <summary>Reads what stands behind the transport's colon.</summary>
    /// <param name="text">As written.</param>
    /// <param name="pairs">The pairs.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out AddressPairs? pairs, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        pairs = null;
        AddressPairs read = new();
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

            if (!read._pairs.TryAdd(key, value))
            {
                error = $"'{key}' is given twice";
                return false;
            }
        }

        pairs = read;
        error = null;
        return true;
    }

    /// <summary>The value of a key, which is gone then; null: it is not given.</summary>
    public string? Take(string key) => _pairs.Remove(key, out string? value) ? value : null;

    /// <summary>Once all known keys are taken: what is wrong with the others, or null.</summary>
    public string? UnknownKeyError(IEnumerable<string> known) => _pairs.Count == 0
        ? null
        : $"unknown key '{_pairs.Keys.First()}' (known: {string.Join(", ", known.Append("guid"))})";
}
