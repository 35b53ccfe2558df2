const STATES = { 0: "frozen", s: "slow", 1: "full" }
const RATES = { 0: "", s: ", ×0.1", 1: ", ×1" } // said where there is room
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -Infinity], End: [0, Infinity] }
const SIZES = [1, 2, 4, 5, 10, 20, 25, 50, 100, 200]
const MOST = 60 // columns that are shown
const NARROW = 480
const PATIENCE = 5000 // milliseconds after which an answer that was lost is not waited for any more
const KEYS = "Arrows move, Space paints, Shift with an arrow paints along, and 0, s and 1 choose the brush."
const HOW = "Drag over the grid to paint. A block's name paints its whole row, an epoch's number all blocks and the head."
const ALL = -1 // a place beside the sheet: a block's name, or an epoch's number

const clamp = (value, low, high) => Math.min(high, Math.max(low, value))

function columnsOf(text) {
  return text.split("-").flatMap((part) => { const [count, column] = part.split("x"); return Array(Number(count)).fill(column) })
}

function runs(letters) {
  const found = []
  letters.forEach((letter, place) => {
    if (found.at(-1)?.letter === letter) found.at(-1).count += 1
    else found.push({ letter, first: place, count: 1 })
  })
  return found
}

function textOf(columns) {
  return runs(columns).map(({ letter, count }) => `${count}x${letter}`).join("-")
}

function element(kind, role, text = "") {
  const made = document.createElement("div")
  made.className = kind
  if (role) made.setAttribute("role", role)
  made.innerHTML = text
  return made
}

class Painting {
  constructor(box) {
    this.box = box
    this.sheet = box.querySelector(".sheet")
    this.line = box.querySelector(".line")
    this.live = box.querySelector(".live")
    this.said = 0
    this.at = [0, 0]
    this.observer = new ResizeObserver(() => { if (this.given && box.clientWidth !== this.width) this.build() })
    this.observer.observe(box)
    const on = { pointerdown: "press", pointermove: "drag", pointerup: "release", pointercancel: "cancel", pointerleave: "leave" }
    for (const [event, name] of Object.entries({ ...on, keydown: "key", keyup: "keyUp", focusin: "enter", focusout: "exit" })) {
      this.sheet.addEventListener(event, (given) => this[name](given))
    }
  }

  // What Python says is taken, unless it has not heard of our last stroke yet.
  receive(given, report) {
    this.report = report
    const stale = given.heard < this.said && Date.now() - this.told < PATIENCE
    if (stale || this.before) return
    this.said = given.heard
    this.given = given
    this.brush = given.brush
    this.columns = columnsOf(given.text)
    const shape = JSON.stringify([given.blocks, this.columns.length])
    if (shape !== this.shape) this.build()
    this.shape = shape
    this.draw()
  }

  // --- the sheet ---

  build() {
    this.width = this.box.clientWidth
    this.rows = null
    if (!this.width) return // hidden: it is built as soon as it is seen
    const narrow = this.width < NARROW
    const name = narrow ? 58 : 92
    const room = this.width - name
    const least = matchMedia("(pointer: coarse)").matches ? 19 : 10
    const epochs = this.columns.length
    const most = clamp(Math.floor(room / least), 1, MOST)
    this.size = SIZES.find((size) => Math.ceil(epochs / size) <= most) ?? Math.ceil(epochs / most)
    this.count = Math.ceil(epochs / this.size)
    this.at = [clamp(this.at[0], ALL, this.given.blocks.length - 1), clamp(this.at[1], ALL, this.count - 1)]
    this.room = room
    const rest = epochs - (this.count - 1) * this.size
    this.box.classList.toggle("narrow", narrow)
    this.sheet.style.setProperty("--name", `${name}px`)
    this.sheet.style.setProperty("--cells", `repeat(${this.count - 1}, minmax(0, ${this.size}fr)) minmax(0, ${rest}fr)`)
    this.sheet.setAttribute("aria-label", `What learns when: ${this.given.blocks.length} rows from input to head, ${epochs} epochs`)
    this.cells = new Map()
    this.aim = element("aim")
    this.aim.hidden = true
    this.rows = [this.numbers(), ...this.given.blocks.map((block, row) => this.row(block, row))]
    this.sheet.replaceChildren(...this.rows, this.aim)
    this.hint()
    this.draw()
  }

  numbers() {
    const row = element("row numbers", "row")
    const lane = element("lane", "presentation")
    const wide = 10 + 7 * `${this.columns.length}`.length
    const apart = [1, 2, 5, 10, 20].find((step) => step * this.room / this.count >= wide) ?? MOST
    for (let column = 0; column < this.count; column++) {
      const [first, last] = this.epochs(column)
      const fits = column < this.count - 1 || wide - 10 <= (last - first + 1) * this.room / this.columns.length
      const named = ((column + 1) % apart === 0 && fits) || (column === 0 && apart > 2)
      const cell = element(named ? "number" : "number mute", "columnheader", named ? `${last}` : "")
      cell.setAttribute("aria-label", `${this.called(first, last)}, all blocks`)
      lane.append(this.keep(cell, ALL, column))
    }
    row.append(element("name corner", "presentation", "Epoch"), lane)
    return row
  }

  row(block, row) {
    const line = element("row", "row")
    const name = element("name", "rowheader")
    const [title, kind] = block
    name.append(Object.assign(document.createElement("b"), { textContent: title }))
    name.append(Object.assign(document.createElement("small"), { textContent: kind }))
    name.setAttribute("aria-label", `${title}, ${kind}, all epochs`)
    const lane = element("lane", "presentation")
    const bars = element("bars")
    bars.setAttribute("aria-hidden", "true")
    lane.append(bars)
    for (let column = 0; column < this.count; column++) lane.append(this.keep(element("cell", "gridcell"), row, column))
    line.append(this.keep(name, row, ALL), lane)
    return line
  }

  keep(cell, row, column) {
    cell.tabIndex = row === this.at[0] && column === this.at[1] ? 0 : -1
    cell.place = [row, column]
    this.cells.set(`${row} ${column}`, cell)
    return cell
  }

  draw() {
    if (!this.rows) return
    this.sheet.dataset.brush = STATES[this.brush]
    this.given.blocks.forEach((block, row) => {
      const letters = this.columns.map((column) => column[row])
      const bars = this.rows[row + 1].querySelector(".bars")
      const drawn = runs(letters).map((run) => this.bar(run, letters.length)).join("")
      if (bars.drawn !== drawn) bars.innerHTML = bars.drawn = drawn
      for (let column = 0; column < this.count; column++) this.cells.get(`${row} ${column}`).setAttribute("aria-label", this.stateOf(row, column))
    })
  }

  bar({ letter, first, count }, epochs) {
    const wide = count / epochs * this.room
    const drawn = letter === "0" ? this.given.ice : this.given.ember
    const glyph = wide < 8 ? "" : `<svg viewBox="0 0 20 20"><path d="${drawn}"/></svg>`
    const word = wide < 62 ? "" : `<span>${STATES[letter]}${wide < 110 ? "" : RATES[letter]}</span>`
    return `<i class="bar ${STATES[letter]}" style="left:${100 * first / epochs}%;width:${100 * count / epochs}%">${glyph}${word}</i>`
  }

  epochs(column) {
    return [column * this.size + 1, Math.min((column + 1) * this.size, this.columns.length)]
  }

  called(first, last) {
    return first === last ? `Epoch ${first}` : `Epochs ${first} to ${last}`
  }

  stateOf(row, column) {
    const [first, last] = this.epochs(column)
    const letters = new Set(this.columns.slice(first - 1, last).map((each) => each[row]))
    const state = [...letters].map((letter) => STATES[letter]).join(", then ")
    return `${this.given.blocks[row][0]}, ${this.called(first, last).toLowerCase()}: ${state}`
  }

  hint(text = "") {
    const cell = this.size > 1 ? ` A cell stands for ${this.size} epochs.` : ""
    const how = this.sheet.classList.contains("keys") ? KEYS : HOW
    this.line.textContent = text || how + cell
  }

  // --- a stroke: a rectangle from where it began to where it is ---

  paint(from, to) {
    const [top, bottom] = from[0] === ALL ? [0, Infinity] : [Math.min(from[0], to[0]), Math.max(from[0], to[0])]
    const whole = from[1] === ALL
    const first = whole ? 0 : Math.min(from[1], to[1]) * this.size
    const last = whole ? Infinity : (Math.max(from[1], to[1]) + 1) * this.size - 1
    this.kept = false
    this.columns = this.base.map((column, epoch) => (epoch < first || epoch > last ? column : this.filled(column, top, bottom)))
    this.draw()
  }

  // Something has to learn in every epoch: where nothing would, the head stays as it is, or all of it does.
  filled(column, top, bottom) {
    const wanted = [...column].map((letter, row) => (row < top || row > bottom ? letter : this.brush)).join("")
    if (/[s1]/.test(wanted)) return wanted
    this.kept = true
    return column.at(-1) === "0" ? column : wanted.slice(0, -1) + column.at(-1)
  }

  done() {
    const changed = textOf(this.columns) !== textOf(this.before) || this.brush !== this.given.brush
    this.before = this.from = null
    this.hint(this.kept ? "Something has to learn in every epoch: what was the last to learn there stays on." : "")
    if (changed) this.tell({ text: textOf(this.columns), brush: this.brush })
  }

  tell(stroke) {
    this.said += 1
    this.told = Date.now()
    this.report("stroke", { serial: this.said, ...stroke })
  }

  // --- mouse, pen and finger ---

  place(event) {
    const lane = this.rows[0].querySelector(".lane").getBoundingClientRect()
    const below = this.rows.findIndex((row) => event.clientY < row.getBoundingClientRect().bottom)
    const row = (below < 0 ? this.rows.length : below) - 1
    const epoch = Math.floor((event.clientX - lane.left) / lane.width * this.columns.length)
    const column = epoch < 0 ? ALL : Math.floor(Math.min(epoch, this.columns.length - 1) / this.size)
    return [Math.min(row, this.given.blocks.length - 1), column]
  }

  press(event) {
    const from = this.place(event)
    if (event.button || (from[0] === ALL && from[1] === ALL)) return
    event.preventDefault()
    this.sheet.setPointerCapture(event.pointerId)
    this.before = this.base = this.columns
    this.from = from
    this.sheet.classList.remove("keys")
    this.focus(from)
    this.drag(event)
  }

  drag(event) {
    const now = this.place(event)
    if (!this.from) {
      if (event.pointerType !== "touch") this.show(now, now)
      return
    }
    const to = now.map((place, axis) => (this.from[axis] === ALL ? ALL : Math.max(0, place)))
    this.paint(this.from, to)
    this.show(this.from, to)
  }

  release() {
    if (!this.from) return
    this.done()
    this.aim.hidden = true
  }

  cancel() {
    if (!this.before) return
    this.columns = this.before
    this.before = this.from = null
    this.aim.hidden = true
    this.hint()
    this.draw()
  }

  leave() {
    if (this.from) return
    this.aim.hidden = true
    this.hint()
  }

  // The frame around what would be painted, and what is there in words.
  show(from, to) {
    const none = from[0] === ALL && from[1] === ALL
    this.aim.hidden = none
    if (none) { this.hint(); return }
    const rows = from[0] === ALL ? [0, this.given.blocks.length - 1] : [from[0], to[0]].sort((one, other) => one - other)
    const columns = from[1] === ALL ? [0, this.count - 1] : [from[1], to[1]].sort((one, other) => one - other)
    const outer = this.sheet.getBoundingClientRect()
    const first = this.cells.get(`${rows[0]} ${columns[0]}`).getBoundingClientRect()
    const last = this.cells.get(`${rows[1]} ${columns[1]}`).getBoundingClientRect()
    const edges = { left: first.left - outer.left, top: first.top - outer.top, width: last.right - first.left, height: last.bottom - first.top }
    for (const [name, value] of Object.entries(edges)) this.aim.style[name] = `${value}px`
    this.hint(this.area(from, rows, columns))
  }

  area(from, rows, columns) {
    const when = this.called(this.epochs(columns[0])[0], this.epochs(columns[1])[1])
    const [top, bottom] = rows.map((row) => this.given.blocks[row][0])
    const which = top === bottom ? top : `${top} to ${bottom.toLowerCase()}`
    if (from[0] === ALL) return `${when}: click to paint all blocks.`
    if (from[1] === ALL) return `${which}: click to paint the whole row.`
    if (top === bottom && columns[0] === columns[1]) return `${this.stateOf(rows[0], columns[0])}.`
    return `${which}, ${when.toLowerCase()}: ${STATES[this.brush]}.`
  }

  // --- keys ---

  key(event) {
    this.sheet.classList.add("keys")
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if ((event.ctrlKey || event.metaKey) && name === "z") this.tell({ undo: true })
    else if (event.ctrlKey || event.metaKey || event.altKey) return
    else if (name === "Escape" && this.before) this.cancel()
    else if (name in STEPS) this.step(STEPS[name], event.shiftKey)
    else if (name === " " || name === "Enter") this.stamp(this.at, this.at)
    else if (name in STATES) { this.brush = name; this.stamp(this.at, this.at) }
    else return
    event.preventDefault()
  }

  step([down, right], along) {
    const from = this.at
    const row = clamp(from[0] + down, ALL, this.given.blocks.length - 1)
    const column = clamp(from[1] + right, Math.abs(right) > 1 ? 0 : ALL, this.count - 1)
    if (row === ALL && column === ALL) return
    this.focus([row, column])
    if (along && from.every((place, axis) => (place === ALL) === (this.at[axis] === ALL))) this.stamp(from, this.at)
  }

  stamp(from, to) {
    this.before ??= this.columns
    this.base = this.columns
    this.paint(from, to)
    this.live.textContent = this.kept ? "Something has to learn in every epoch." : `${STATES[this.brush]}`
  }

  keyUp(event) {
    if (this.before && !this.from && !event.shiftKey) this.done()
  }

  enter(event) {
    if (this.from) return
    this.sheet.classList.add("keys")
    this.hint()
  }

  exit(event) {
    if (this.before && !this.from && !this.sheet.contains(event.relatedTarget)) this.done()
    if (this.sheet.contains(event.relatedTarget)) return
    this.sheet.classList.remove("keys")
    this.hint()
  }

  focus(place) {
    const name = (each) => this.cells.get(each.join(" "))
    name(this.at).tabIndex = -1
    this.at = place
    name(place).tabIndex = 0
    name(place).focus({ preventScroll: true })
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".painting")
  if (!box) return
  box.painting ??= new Painting(box)
  box.painting.receive(JSON.parse(data), setStateValue)
  return () => box.painting.observer.disconnect()
}
