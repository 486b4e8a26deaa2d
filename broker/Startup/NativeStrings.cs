using System.Text;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Startup;

/// <summary>Argument and environment lists as the kernel takes and gives them: bytes, so that what is not UTF-8 passes unchanged.</summary>
internal static class NativeStrings
{
    /// <summary>This process's arguments, program name first.</summary>
    internal static List<byte[]> OwnArguments() => Split(File.ReadAllBytes("/proc/self/cmdline"));

    /// <summary>The environment that this process was started with, as "NAME=value", for what it starts: without what was said to it alone.</summary>
    internal static List<byte[]> OwnEnvironment()
    {
        List<byte[]> variables = Split(File.ReadAllBytes("/proc/self/environ"));
        variables.RemoveAll(static variable => PassedSockets.IsVariable(Encoding.Latin1.GetString(variable).Split('=')[0]));
        return variables;
    }

    internal static byte[] Encode(string text) => StrictUtf8.Instance.GetBytes(text);

    private static List<byte[]> Split(byte[] block)
    {
        List<byte[]> strings = [];
        ReadOnlySpan<byte> rest = block;
        for (int end = rest.IndexOf((byte)0); end >= 0; end = rest.IndexOf((byte)0))
        {
            strings.Add(rest[..end].ToArray());
            rest = rest[(end + 1)..];
        }

        return strings;
    }
}
