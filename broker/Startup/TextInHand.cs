using System.Diagnostics.CodeAnalysis;
using XcpBroker.Config;

namespace XcpBroker.Startup;

/// <summary>The host's files, but for one whose text is in hand: a pipe can be read only once.</summary>
/// <param name="inHand">That file, as the command line names it.</param>
/// <param name="text">What it said.</param>
internal sealed class TextInHand(string inHand, byte[] text) : IConfigFiles
{
    private readonly HostFiles _files = new();

    public bool TryRead(string path, [NotNullWhen(true)] out byte[]? content, [NotNullWhen(false)] out ConfigFileFailure? failure)
    {
        if (path != inHand)
        {
            return _files.TryRead(path, out content, out failure);
        }

        content = text;
        failure = null;
        return true;
    }

    public bool TryList(string path, [NotNullWhen(true)] out IReadOnlyList<string>? names, [NotNullWhen(false)] out ConfigFileFailure? failure) =>
        _files.TryList(path, out names, out failure);
}
