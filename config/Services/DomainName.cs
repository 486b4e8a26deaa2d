namespace XcpBroker.Config.Services;

/// <summary>Names of Xen domains as descriptors may have them: they become part of paths and arguments.</summary>
public static class DomainName
{
    /// <summary>Letters.</summary>
    public const int MaxLength = 64;

    /// <summary>Whether it is <c>[A-Za-z0-9][A-Za-z0-9_.-]{0,63}</c> and has no two dots in a row.</summary>
    public static bool IsValid(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= MaxLength
            && char.IsAsciiLetterOrDigit(name[0])
            && name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or '-')
            && !name.Contains("..", StringComparison.Ordinal);
    }
}
