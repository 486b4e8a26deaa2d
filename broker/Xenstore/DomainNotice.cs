using System.Diagnostics.CodeAnalysis;
using XcpBroker.Auth.Domains;
using XcpBroker.Config.Domains;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Transport;

namespace XcpBroker.Xenstore;

/// <summary>A declared domain, and what it is to find in xenstore besides its token.</summary>
/// <param name="Name">What the configuration calls it, and the toolstack too where there is no <paramref name="Uuid"/>.</param>
/// <param name="Uuid">Canonical; null: whichever domain has that name is it.</param>
/// <param name="Address">Where it finds the bus; null: it must know.</param>
/// <param name="Guid">Of the listener there; null: nobody knows which that is.</param>
internal sealed record DomainNotice(string Name, string? Uuid, string? Address, string? Guid)
{
    /// <summary>Bytes of the longest text form.</summary>
    internal const int MaxBytes = DomainIdentity.MaxWordLength + UuidLength + XenstorePublication.MaxAddressLength + GuidLength + Parts;

    private const int Parts = 4;
    private const int UuidLength = 36;
    private const int GuidLength = 32;

    /// <summary>Reads the text form; false if it is anything else. Who sends it may be no friend: nothing but these four is in it.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DomainNotice? notice)
    {
        notice = null;
        if (bytes.Length > MaxBytes || bytes.IndexOfAnyExceptInRange((byte)0, (byte)0x7e) >= 0)
        {
            return false;
        }

        string[] parts = StrictUtf8.Instance.GetString(bytes).Split('\0');
        if (parts is not [string name, string uuid, string address, string guid]
            || !DomainIdentity.IsValidWord(name)
            || !(uuid.Length == 0 || (DomainIdentity.TryParseUuid(uuid, out string? canonical) && canonical == uuid))
            || !(address.Length == 0 || (XenstorePublication.IsAddress(address, Transports.Known.Addresses, out _) && address.All(letter => letter is >= ' ' and <= '~')))
            || !(guid.Length == 0 || (guid.Length == GuidLength && guid.All(char.IsAsciiHexDigitLower))))
        {
            return false;
        }

        notice = new DomainNotice(name, OrNull(uuid), OrNull(address), OrNull(guid));
        return true;

        static string? OrNull(string text) => text.Length == 0 ? null : text;
    }

    /// <summary>The bytes that <see cref="TryParse"/> reads back.</summary>
    internal byte[] ToBytes() => StrictUtf8.Instance.GetBytes(string.Join('\0', Name, Uuid, Address, Guid));
}
