using System.Text;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Config.Services;

/// <summary>Names that are declared together, whatever service directories say: <c>&lt;buffer own_prefix="..."&gt;</c>.</summary>
/// <param name="Prefix">The name, and all names below it, after a dot.</param>
/// <param name="MaxNames">How many names may have messages waiting at once; one sender may cause at most half of what the others leave.</param>
/// <param name="Declaration">What holds for each of them.</param>
public sealed record BufferedPrefix(string Prefix, int MaxNames, BufferDeclaration Declaration)
{
    /// <summary>What <see cref="MaxNames"/> is without a word in the configuration.</summary>
    public const int DefaultMaxNames = 1000;

    /// <summary>Whether it can be the beginning of a well-known name, or is one.</summary>
    public static bool IsValid(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        return !BusName.IsUnique(prefix) && Ascii.IsValid(prefix) && BusName.IsValidNamespace(Encoding.ASCII.GetBytes(prefix));
    }
}
