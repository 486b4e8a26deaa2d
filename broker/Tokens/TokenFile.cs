using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Config;
using XcpBroker.Startup;

namespace XcpBroker.Tokens;

/// <summary>The token file of a client, which nobody but its user may read.</summary>
internal static class TokenFile
{
    /// <summary>Reads it; may wait for a slow file system.</summary>
    /// <exception cref="StartException">It cannot be read, others can read it, or it says something else; the text says which.</exception>
    internal static DomainToken Read(string path)
    {
        SecretFiles files = new();
        string? error = null;
        bool isRead = files.TryRead(path, out SecretFile? file, out string? failure);
        failure ??= file?.Distrust(files.OwnUserId);
        return isRead && failure is null && DomainToken.TryParse(file!.Content, out DomainToken? token, out error)
            ? token
            : throw new StartException($"{path}: {failure ?? $"this is no token: {error}"}");
    }
}
