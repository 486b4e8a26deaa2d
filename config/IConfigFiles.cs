using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config;

/// <summary>Why a file or directory was not read.</summary>
/// <param name="IsMissing">Whether there is none of that name.</param>
/// <param name="Message">The reason in words.</param>
public sealed record ConfigFileFailure(bool IsMissing, string Message);

/// <summary>Where configuration comes from.</summary>
public interface IConfigFiles
{
    /// <summary>All bytes of a file. What it says may be wrong; that it can't be read is a value.</summary>
    bool TryRead(string path, [NotNullWhen(true)] out byte[]? content, [NotNullWhen(false)] out ConfigFileFailure? failure);

    /// <summary>The names of the files in a directory, without the directory's own, in any order.</summary>
    bool TryList(string path, [NotNullWhen(true)] out IReadOnlyList<string>? names, [NotNullWhen(false)] out ConfigFileFailure? failure);
}
