using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace XcpBroker.Xenstore;

/// <summary>What a domain may do with a node.</summary>
internal enum XenstoreAccess : byte
{
    /// <summary><c>n</c>.</summary>
    None,

    /// <summary><c>r</c>.</summary>
    Read,

    /// <summary><c>w</c>.</summary>
    Write,

    /// <summary><c>b</c>.</summary>
    Both,
}

/// <summary>One entry of a node's permissions. The first names the owner, who may do everything, and what all others may.</summary>
/// <param name="Access">What is allowed.</param>
/// <param name="Domid">To whom.</param>
/// <remarks>Source: Xen, docs/misc/xenstore.txt, "GET_PERMS".</remarks>
internal readonly record struct XenstorePermission(XenstoreAccess Access, uint Domid)
{
    private const string Letters = "nrwb";

    internal static bool TryParse(string text, [NotNullWhen(true)] out XenstorePermission? permission)
    {
        int access = text.Length == 0 ? -1 : Letters.IndexOf(text[0], StringComparison.Ordinal);
        permission = access >= 0 && uint.TryParse(text.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out uint domid)
            ? new XenstorePermission((XenstoreAccess)access, domid)
            : null;
        return permission is not null;
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Letters[(int)Access]}{Domid}");
}
