using System.Runtime.InteropServices;

namespace XcpBroker.Startup;

/// <summary>A null-ended list of NUL-ended strings, in one piece of native memory.</summary>
internal readonly unsafe ref struct NativeStringList : IDisposable
{
    internal NativeStringList(IReadOnlyList<byte[]> strings)
    {
        nuint pointers = (nuint)((strings.Count + 1) * sizeof(byte*));
        nuint octets = 0;
        foreach (byte[] text in strings)
        {
            octets += (nuint)text.Length + 1;
        }

        Start = (byte**)NativeMemory.AllocZeroed(pointers + octets);
        byte* next = (byte*)Start + pointers;
        for (int i = 0; i < strings.Count; i++)
        {
            Start[i] = next;
            strings[i].CopyTo(new Span<byte>(next, strings[i].Length));
            next += strings[i].Length + 1;
        }
    }

    internal byte** Start { get; }

    public void Dispose() => NativeMemory.Free(Start);
}
