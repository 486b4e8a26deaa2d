using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>RLIMIT_NOFILE: one connection is one descriptor.</summary>
/// <param name="Soft">What holds.</param>
/// <param name="Hard">To what it can be raised.</param>
internal readonly record struct OpenFileLimit(ulong Soft, ulong Hard)
{
    /// <summary>What holds now; zero and zero if the kernel does not say.</summary>
    internal static unsafe OpenFileLimit Read()
    {
        LibC.ResourceLimit limit = default;
        return LibC.GetResourceLimit(LibC.RLIMIT_NOFILE, &limit) == 0 ? new OpenFileLimit(limit.Soft, limit.Hard) : default;
    }

    /// <summary>Makes it hold for this process and what it executes.</summary>
    /// <returns>0, or an error number.</returns>
    internal unsafe int Set()
    {
        LibC.ResourceLimit limit = new() { Soft = Soft, Hard = Hard };
        return LibC.SetResourceLimit(LibC.RLIMIT_NOFILE, &limit) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Raises the soft limit to the hard one.</summary>
    /// <returns>Null, or why not.</returns>
    internal string? Raise() => Soft != Hard && (this with { Soft = Hard }).Set() is not 0 and int error
        ? $"cannot set the limit of open files to {Hard}: {Marshal.GetPInvokeErrorMessage(error)}"
        : null;
}
