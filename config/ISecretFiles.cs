using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>A file with a secret, and who could know it.</summary>
/// <param name="Content">All bytes of it.</param>
/// <param name="OwnerId">uid of its owner.</param>
/// <param name="Mode">Who may use it.</param>
public sealed record SecretFile(byte[] Content, uint OwnerId, UnixFileMode Mode)
{
    private const UnixFileMode OthersAccess =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Why it is no secret; null: only its owner, root, or one of these users can have read or written it.</summary>
    /// <param name="users">Whose it may be, besides root's.</param>
    public string? Distrust(params ReadOnlySpan<uint> users)
    {
        string mode = "0" + Convert.ToString((int)Mode, 8);
        return (Mode & OthersAccess) != 0 ? $"the token file has mode {mode}: it can be used by others than its owner (chmod 600)"
            : OwnerId != 0 && !users.Contains(OwnerId) ? $"the token file has mode {mode} and belongs to uid {OwnerId}, neither to root nor to uid {string.Join(" or ", users.ToArray().Distinct())}"
            : null;
    }
}

/// <summary>Where secrets come from: files of which owner and mode count.</summary>
public interface ISecretFiles
{
    /// <summary>Who reads them.</summary>
    uint OwnUserId { get; }

    /// <summary>Reads a file whole. That it can't be read is a value; whether it may be believed is not looked at.</summary>
    bool TryRead(string path, [NotNullWhen(true)] out SecretFile? file, [NotNullWhen(false)] out string? error);
}
