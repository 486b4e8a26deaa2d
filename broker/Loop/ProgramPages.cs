using XcpBroker.Interop;

namespace XcpBroker.Loop;

/// <summary>The pages of the program's own file that are mapped into this process: code and constants, which nobody writes.</summary>
internal static unsafe class ProgramPages
{
    /// <summary>
    /// Lets go of all of them. What is used again comes back from the page cache with the next instruction, 64 KiB at a time; what the start
    /// alone has used does not, and the kernel can use its memory.
    /// </summary>
    /// <remarks>
    /// The kernel maps what lies around each page that is touched, so that a start leaves nearly the whole file in the resident set. Segments that
    /// are written, which are also those that the dynamic loader has relocated, are not touched. Source: madvise(2), getauxval(3), elf(5).
    /// </remarks>
    internal static void LetGo()
    {
        byte* headers = (byte*)LibC.GetAuxiliaryValue(LibC.AT_PHDR);
        nuint count = LibC.GetAuxiliaryValue(LibC.AT_PHNUM);
        nuint size = LibC.GetAuxiliaryValue(LibC.AT_PHENT);
        if (headers is null || size < (nuint)sizeof(LibC.ProgramHeader) || LoadAddress(headers, count, size) is not { } load)
        {
            return;
        }

        nuint page = (nuint)Environment.SystemPageSize;
        for (nuint i = 0; i < count; i++)
        {
            LibC.ProgramHeader* header = (LibC.ProgramHeader*)(headers + (i * size));
            if (header->Type == LibC.PT_LOAD && (header->Flags & LibC.PF_W) == 0)
            {
                nuint start = (load + (nuint)header->Address) & ~(page - 1);
                nuint end = (load + (nuint)header->Address + (nuint)header->MemorySize) & ~(page - 1);
                _ = LibC.AdviseMemory((void*)start, end - start, LibC.MADV_DONTNEED);
            }
        }
    }

    /// <summary>What is added to the file's addresses; null: it cannot be told.</summary>
    private static nuint? LoadAddress(byte* headers, nuint count, nuint size)
    {
        for (nuint i = 0; i < count; i++)
        {
            LibC.ProgramHeader* header = (LibC.ProgramHeader*)(headers + (i * size));
            if (header->Type == LibC.PT_PHDR)
            {
                return (nuint)headers - (nuint)header->Address;
            }
        }

        return null;
    }
}
