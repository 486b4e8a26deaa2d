using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config.Services;

/// <summary>Reads files whoever wrote them: never waits for a FIFO, never reads without bound.</summary>
public interface IServiceFiles
{
    /// <summary>Reads a regular file of at most <see cref="ServiceFile.MaxLength"/> bytes.</summary>
    /// <param name="path">A rooted path; symbolic links are followed.</param>
    /// <param name="content">All of it, and whose it is.</param>
    /// <param name="error">Why not, without the path.</param>
    bool TryRead(string path, [NotNullWhen(true)] out ServiceFileContent? content, [NotNullWhen(false)] out string? error);

    /// <summary>Why a transient directory is not looked into; null: it is.</summary>
    /// <param name="path">Rooted.</param>
    string? Distrust(string path);
}

/// <summary>One file as it was read.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="OwnerUserId">Who owns it.</param>
public sealed record ServiceFileContent(ReadOnlyMemory<byte> Bytes, uint OwnerUserId);
