using XcpBroker.Startup;

namespace XcpBroker.Spawning;

/// <summary>How this very program is executed again.</summary>
/// <param name="Path">
/// The kernel's link to what is running: it stays the same program when a package upgrade has replaced the file.
/// </param>
/// <param name="Words">The words before the first argument: one, or two for <c>dotnet xcp-broker.dll</c>.</param>
internal sealed record OwnProgram(string Path, IReadOnlyList<byte[]> Words)
{
    internal static OwnProgram Read()
    {
        List<byte[]> command = NativeStrings.OwnArguments();
        return new OwnProgram("/proc/self/exe", command[..(command.Count - (Environment.GetCommandLineArgs().Length - 1))]);
    }
}
