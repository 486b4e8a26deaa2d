using System.Globalization;

namespace XcpBroker.Xenstore;

/// <summary>Names of nodes. A path that does not begin with a slash begins at the node of the domain that asks.</summary>
/// <remarks>Source: Xen, docs/misc/xenstore.txt, "PATHS"; XENSTORE_ABS_PATH_MAX and XENSTORE_REL_PATH_MAX.</remarks>
internal static class XenstorePath
{
    internal const int MaxAbsoluteLength = 3072;
    internal const int MaxRelativeLength = 2048;

    /// <summary>Where there is a node for each domain.</summary>
    internal const string Domains = "/local/domain";

    internal static string OfDomain(uint domid) => string.Create(CultureInfo.InvariantCulture, $"{Domains}/{domid}");

    /// <summary>Whether xenstore takes it: ASCII letters, digits, <c>-/_@</c>, no empty part, no slash at its end.</summary>
    internal static bool IsValid(string path) =>
        path.Length > 0
        && path.Length <= (path[0] == '/' ? MaxAbsoluteLength : MaxRelativeLength)
        && path.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '/' or '_' or '@')
        && !path.Contains("//", StringComparison.Ordinal)
        && (path == "/" || path[^1] != '/');

    /// <summary>Reads a domid as xenstore writes them: decimal digits.</summary>
    internal static bool TryParseDomid(string text, out uint domid) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out domid) && domid < FirstReserved && (text.Length == 1 || text[0] != '0');

    // DOMID_FIRST_RESERVED: what is beyond it is no domain.
    private const uint FirstReserved = 0x7ff0;
}
