using System.Runtime.CompilerServices;
using System.Text;

namespace XcpBroker.Names;

/// <summary>Compares names as strings and as the ASCII bytes of a message, so that a table of strings is asked without making one.</summary>
/// <remarks>
/// Peers choose names, so the hash is the runtime's string hash, which is seeded at random and resists collisions made on purpose.
/// </remarks>
internal sealed class BusNameComparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<byte>, string>
{
    private const int MaxStackChars = 256;

    internal static readonly BusNameComparer Instance = new();

    private BusNameComparer()
    {
    }

    public bool Equals(string? x, string? y) => string.Equals(x, y, StringComparison.Ordinal);

    public int GetHashCode(string obj) => obj.GetHashCode(StringComparison.Ordinal);

    public bool Equals(ReadOnlySpan<byte> alternate, string other) =>
        alternate.Length == other.Length && Ascii.Equals(alternate, other);

    [SkipLocalsInit]
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        Span<char> chars = alternate.Length <= MaxStackChars ? stackalloc char[MaxStackChars] : new char[alternate.Length];
        int written = Encoding.Latin1.GetChars(alternate, chars);
        return string.GetHashCode(chars[..written]);
    }

    public string Create(ReadOnlySpan<byte> alternate) => Encoding.ASCII.GetString(alternate);
}
