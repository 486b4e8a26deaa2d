using System.Text;
using XcpBroker.Config;
using XcpBroker.Transport;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Listen addresses: what is accepted is written back and read again as the same values, and resolves or says why not.</summary>
internal sealed class AddressTarget : IFuzzTarget
{
    private static readonly AddressSurroundings Surroundings = new("/home", "/run/user/0");

    public static string Name => "addresses";

    public static string Corpus => "addresses";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        string text = Encoding.Latin1.GetString(input);
        if (!Transports.Known.Addresses.TryParse(text, out IReadOnlyList<ListenAddress>? addresses, out string? error))
        {
            FuzzFailure.Unless(!error.Any(char.IsControl), "an error of more than one line");
            return;
        }

        bool isSame = Transports.Known.Addresses.TryParse(string.Join(';', addresses), out IReadOnlyList<ListenAddress>? again, out _)
            && again.SequenceEqual(addresses);
        FuzzFailure.Unless(isSame, "what was written is not what was read");
        foreach (UnixListenAddress address in addresses.OfType<UnixListenAddress>())
        {
            bool resolved = address.TryResolve(Surroundings, out UnixListenAddress? connectable, out string? problem);
            FuzzFailure.Unless(resolved ? connectable!.ToSocketName().Length <= 108 : problem!.Length > 0, "resolved to a name too long");
        }
    }
}
