using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace XcpBroker.Config;

/// <summary>A <c>vsock:</c> address (AF_VSOCK): how a virtual machine and its host reach each other without a network.</summary>
/// <param name="Port">From 1 to 2^32-2.</param>
/// <remarks>Not in the D-Bus specification; the keys are those of zbus, the client library that has the transport. Source: vsock(7).</remarks>
public sealed record VsockListenAddress(uint Port) : ListenAddress
{
    /// <summary>The name of the transport.</summary>
    internal const string Name = "vsock";

    private const string AnyCid = "any";

    // VMADDR_CID_ANY and VMADDR_PORT_ANY of the kernel: no machine's CID, nobody's port.
    private const uint Any = uint.MaxValue;

    /// <summary>The context id of the machine that listens: who listens binds to it, who connects looks for it. Null: each that this machine has.</summary>
    public uint? Cid { get; init; }

    /// <inheritdoc/>
    public override string Transport => Name;

    private protected override string Values =>
        string.Create(CultureInfo.InvariantCulture, $"cid={(Cid is { } cid ? cid.ToString(CultureInfo.InvariantCulture) : AnyCid)},port={Port}");

    /// <summary>Reads what stands behind <c>vsock:</c>.</summary>
    internal static bool TryRead(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        string? writtenPort = pairs.Take("port");
        string writtenCid = pairs.Take("cid") ?? AnyCid;
        uint port = 0;
        uint cid = 0;
        error = pairs.UnknownKeyError(["port", "cid"])
            ?? (writtenPort is null ? "'port' must be given" : null)
            ?? (!TryReadNumber(writtenPort!, out port) || port == 0 ? $"port '{writtenPort}' is not a number from 1 to {Any - 1}" : null)
            ?? (writtenCid != AnyCid && !TryReadNumber(writtenCid, out cid) ? $"cid '{writtenCid}' is neither '{AnyCid}' nor a number up to {Any - 1}" : null);
        if (error is not null)
        {
            return false;
        }

        address = new VsockListenAddress(port) { Cid = writtenCid == AnyCid ? null : cid };
        return true;
    }

    private static bool TryReadNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number != Any;
}
